import { stat } from 'node:fs/promises';
import { invalid, notFound } from '../../kernel/errors.ts';
import { loggedModelPlace } from './artifact-uri.ts';
import { artifactFile, readableArtifact } from './artifacts.ts';
import type { Call } from './call.ts';
import { findLoggedModel } from './logged-models.ts';
import { findRun } from './runs.ts';
import { text } from './wire.ts';

/**
 * An address that a client sends or fetches bytes at without the rest of MLflow's protocol, and the headers for it. In an object store the address
 * itself would let in whoever has it; here it is the caller's own credential that does, so what is told is nothing that the caller has not.
 * @param what below `mlflow-artifacts`
 * @param path the artifact's, as this server's addresses have it: `runs/{run}/artifacts/{path}`
 */
export function artifactAddress(
  call: Call,
  what: 'artifacts' | 'mpu/part',
  path: string,
  query: Readonly<Record<string, string>> = {},
): { url: string; headers: Record<string, string> } {
  const place = path
    .replace(/^\/+/, '')
    .split('/')
    .map((segment) => encodeURIComponent(segment))
    .join('/');
  const asked = new URLSearchParams(query).toString();
  const { url, authorization } = call.asked;
  return {
    url: `${url}/api/2.0/mlflow-artifacts/${what}/${place}${asked === '' ? '' : `?${asked}`}`,
    headers: authorization === undefined ? {} : { Authorization: authorization },
  };
}

/** `mlflow-artifacts/presigned/{path}`: where a client downloads a file in ranges, side by side. @throws not-found */
export async function presignedDownload(call: Call) {
  const path = call.parameters['*'] ?? '';
  const { file, owner } = await readableArtifact(call, path);
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) throw notFound(`The ${owner} has no artifact at '${path.slice(0, 300)}'.`);
  return { ...artifactAddress(call, 'artifacts', path), file_size: found.size };
}

/** `artifacts/presigned-download-url`: the address of one artifact of a run. */
export async function createPresignedDownloadUrl(call: Call) {
  const run = await findRun(call, text(call.fields, 'run_id'));
  const path = pathOf(call);
  const found = await stat(artifactFile(call.deps, call.workspace, run.run_id, path)).catch(() => undefined);
  if (!found?.isFile()) throw notFound(`The run '${run.run_id}' has no artifact '${path.slice(0, 300)}'.`);
  const { url, headers } = artifactAddress(call, 'artifacts', `runs/${run.run_id}/artifacts/${path}`);
  return { presigned_url: url, headers, file_size: found.size };
}

/** `artifacts/presigned-upload-url`: the address that a file is put to, of a run or of a logged model. */
export async function createPresignedUploadUrl(call: Call) {
  const runId = text(call.fields, 'run_id', { fallback: '' });
  const modelId = text(call.fields, 'model_id', { fallback: '' });
  if ((runId === '') === (modelId === ''))
    throw invalid('Exactly one of run_id and model_id must be provided.', { target: 'run_id' });
  const path = pathOf(call);
  const place =
    runId === ''
      ? await findLoggedModel(call, modelId).then((model) => loggedModelPlace(model.source_run_id, model.model_id))
      : { runId: (await findRun(call, runId)).run_id, path: '' };
  const whole = place.path === '' ? path : `${place.path}/${path}`;
  artifactFile(call.deps, call.workspace, place.runId, whole);
  const { url, headers } = artifactAddress(call, 'artifacts', `runs/${place.runId}/artifacts/${whole}`);
  return { presigned_url: url, headers };
}

function pathOf(call: Call): string {
  const path = text(call.fields, 'path', { limit: 4096 });
  if (path === '' || path.startsWith('/') || path.split(/[\\/]/).includes('..'))
    throw invalid(`The artifact path '${path.slice(0, 200)}' leaves its place. Use a path below it.`, {
      target: 'path',
    });
  return path;
}
