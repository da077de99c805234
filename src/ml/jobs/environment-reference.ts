import { DomainError, notFound } from '../../kernel/errors.ts';
import type { EnvironmentRequest, Workspace } from '../types.ts';
import type { AssetVersions } from '../versions.ts';
import { textField } from '../wire-fields.ts';
import type { RunPlan } from './plan.ts';

const REGISTRY = /^(?:azureml:)?azureml:\/\/registries\/([^/]+)\/environments\/([^/]+)\/(?:versions|labels)\/([^/]+)$/i;
const CURATED =
  /^(?:azureml:)?(?:.*\/environments\/)?AzureML-([^/:@]+)(?:[:@]([^/]+)|\/(?:versions|labels)\/([^/]+))?$/i;
const ARM = /\/environments\/([^/]+)\/(?:versions\/([^/]+)|labels\/latest)$/i;
const NAMED = /^(?:azureml:)?([^/:@]+)(?::([^/:@]+)|@latest)?$/i;

/** What is asked for, a build context still by its address. */
export type EnvironmentAsked = Omit<EnvironmentRequest, 'build'> & {
  readonly build?: { readonly contextUri: string; readonly dockerfile: string };
};

/**
 * What an environment reference of a job asks for.
 * @throws not-found for an environment that isn't in the workspace
 */
export async function readEnvironment(
  versions: AssetVersions,
  workspace: Workspace,
  reference: string,
): Promise<EnvironmentAsked> {
  const registry = REGISTRY.exec(reference);
  const shared = await versions.fromRegistry('environments', reference);
  if (registry && !shared) {
    if (registry[1]?.toLowerCase() !== 'azureml')
      throw notFound(
        `There is no environment '${reference.slice(0, 300)}'. Create it in the registry ${registry[1]}, or name a curated one.`,
        { wire: 'UserError' },
      );
    const name = (registry[2] as string).replace(/^AzureML-/i, '');
    return { name, version: registry[3] as string, curated: name };
  }
  const curated = shared ? null : CURATED.exec(reference);
  if (curated)
    return {
      name: `AzureML-${curated[1]}`,
      version: curated[2] ?? curated[3] ?? 'latest',
      curated: curated[1] as string,
    };
  const named = namedIn(reference);
  const asset = shared ?? (named && (await ofWorkspace(versions, workspace, named)));
  if (!asset)
    // The first words are those that users of the service quote.
    throw notFound(
      `No environment exists for name: ${named?.name ?? reference.slice(0, 300)}, version: ${named?.version ?? ''}. It is not in the workspace ${workspace.name}: create it, or name a curated one.`,
      { wire: 'UserError', target: 'environment', details: ['NotFoundError'] },
    );
  const { image, condaFile, build } = asset.properties;
  const contextUri = textField(build, 'contextUri');
  return {
    name: asset.name,
    version: asset.version,
    ...(typeof image === 'string' ? { image } : {}),
    ...(typeof condaFile === 'string' ? { condaFile } : {}),
    ...(contextUri === undefined
      ? {}
      : { build: { contextUri, dockerfile: textField(build, 'dockerfilePath') ?? 'Dockerfile' } }),
  };
}

/**
 * Refuses runs whose environment isn't there while nothing of the job is kept yet, as the service does. What is there and cannot be built is the run's to tell.
 * @throws not-found
 */
export async function checkEnvironments(
  versions: AssetVersions,
  workspace: Workspace,
  runs: readonly RunPlan[],
): Promise<void> {
  const environmentsOf = (one: readonly RunPlan[]): string[] =>
    one.flatMap(({ work }) =>
      'body' in work ? environmentsOf(work.body) : 'environment' in work ? [work.environment] : [],
    );
  const references = new Set(environmentsOf(runs));
  for (const reference of references)
    await readEnvironment(versions, workspace, reference).catch((error: unknown) => {
      if (error instanceof DomainError && error.code === 'not-found') throw error;
    });
}

function namedIn(reference: string): { name: string; version?: string } | undefined {
  const match = ARM.exec(reference) ?? NAMED.exec(reference);
  if (!match) return undefined;
  return { name: match[1] as string, ...(match[2] === undefined ? {} : { version: match[2] }) };
}

function ofWorkspace(versions: AssetVersions, workspace: Workspace, named: { name: string; version?: string }) {
  return named.version === undefined
    ? versions.latest(workspace.id, 'environments', named.name)
    : versions.find(workspace.id, 'environments', named.name, named.version);
}
