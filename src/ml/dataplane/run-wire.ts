import { guidOf } from '../../kernel/ids.ts';
import { REGION } from '../places.ts';
import type { AssetType, RunValue, RunView } from '../types.ts';

/**
 * A run as run history shows it. Field names are those that the clients read; what a local service has nothing to say on is left out.
 * @param now ISO-8601, for the duration of a run that has not ended
 */
export function wireRun(run: RunView, now: string) {
  const ended = run.endedAt;
  return {
    runNumber: Math.floor(Date.parse(run.createdAt) / 1000),
    runId: run.runId,
    runUuid: runUuid(run, run.runId),
    rootRunId: run.rootRunId,
    rootRunUuid: runUuid(run, run.rootRunId),
    ...(run.parentRunId === undefined
      ? {}
      : { parentRunId: run.parentRunId, parentRunUuid: runUuid(run, run.parentRunId) }),
    experimentId: run.experimentId,
    status: run.status,
    displayName: run.displayName,
    name: run.name,
    ...(run.description === undefined ? {} : { description: run.description }),
    dataContainerId: `dcid.${run.runId}`,
    hidden: run.hidden ?? false,
    runType: runType(run),
    runTypeV2: {
      // A run that took over another's result was never executed (recorded).
      orchestrator: run.properties['azureml.isreused'] === 'true' ? null : 'Execution',
      traits: [],
      attribution: null,
      computeType: run.kind === 'pipeline' || run.computeName === undefined ? null : 'AmlCompute',
    },
    createdUtc: run.createdAt,
    createdBy: { userName: 'Millrace' },
    lastModifiedUtc: ended ?? run.startedAt ?? run.createdAt,
    startTimeUtc: run.startedAt ?? null,
    endTimeUtc: ended ?? null,
    duration: run.startedAt === undefined ? null : duration(Date.parse(ended ?? now) - Date.parse(run.startedAt)),
    ...(run.computeName === undefined
      ? {}
      : {
          target: run.computeName,
          compute: { target: run.computeName, targetType: 'amlctrain', vmSize: null, instanceCount: 1, region: REGION },
        }),
    tags: run.tags,
    properties: run.properties,
    services: {},
    inputs: assetsOf(run.inputs),
    outputs: assetsOf(run.outputs),
    error: errorOf(run),
    // Clients show the warnings whose source is the run that they follow (client source).
    warnings: run.warnings.map((message) => ({ source: run.runId, message })),
  };
}

/** The same with what only `…/details` tells. @param logFiles readable addresses by path */
export function wireDetails(run: RunView, now: string, logFiles: Readonly<Record<string, string>>) {
  const { createdUtc, ...rest } = wireRun(run, now);
  return { ...rest, createdTimeUtc: createdUtc, runDefinition: {}, logFiles };
}

function runUuid(run: RunView, runId: string): string {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(runId) ? runId : guidOf(`${run.workspace.id}/${runId}`);
}

/** What kind of run it is, in run history's words; null for one that no job made. */
export function runType(run: RunView): string | null {
  if (run.kind === 'tracked') return null;
  if (run.kind === 'pipeline') return 'azureml.PipelineRun';
  if (run.kind === 'Sweep') return 'hyperdrive';
  return run.parentRunId === undefined ? 'azureml.scriptrun' : 'azureml.StepRun';
}

/**
 * The words that the clients look for when they download. Models are shown as the folders that they are: the service itself says `MLFlowModel`,
 * which old clients pass over and the newest (azure-ai-ml 1.35) fails on while it builds its request, whereas a folder's address is
 * resolved and downloaded by every version (client source, seen).
 */
const ASSET_TYPES: Readonly<Record<AssetType, string>> = {
  uri_file: 'uri_file',
  uri_folder: 'uri_folder',
  mltable: 'mltable',
  custom_model: 'uri_folder',
  mlflow_model: 'uri_folder',
  triton_model: 'uri_folder',
};

/** The same in the service's own spelling. */
const SERVICE_WORDS: Readonly<Record<string, string>> = {
  uri_file: 'UriFile',
  uri_folder: 'UriFolder',
  mltable: 'MLTable',
};

/** Whether a client is the public SDK up to 1.34, which looks for the service's own spelling of types, and is what the az extension 2.42 holds; from 1.35 on it looks for YAML's (client source). */
function readsServiceWords(userAgent: string | undefined): boolean {
  const [, major, minor] = /\bazure-ai-ml\/(\d+)\.(\d+)/.exec(userAgent ?? '') ?? [];
  return major === '0' || (major === '1' && Number(minor) < 35);
}

/** A run whose outputs are named in the words that the client looks for when it downloads them. */
export function withTypesFor<R extends { readonly outputs: ReturnType<typeof assetsOf> }>(
  run: R,
  userAgent: string | undefined,
): R {
  if (!readsServiceWords(userAgent)) return run;
  const entries = Object.entries(run.outputs).map(([name, { assetId, type }]) => [
    name,
    { assetId, type: SERVICE_WORDS[type] ?? type },
  ]);
  return { ...run, outputs: Object.fromEntries(entries) };
}

function assetsOf(values: Readonly<Record<string, RunValue>>): Record<string, { assetId: string; type: string }> {
  const found: Record<string, { assetId: string; type: string }> = {};
  for (const [name, value] of Object.entries(values)) {
    if (value.kind === 'asset') found[name] = { assetId: value.assetId ?? value.uri, type: ASSET_TYPES[value.type] };
  }
  return found;
}

function errorOf(run: RunView) {
  if (!run.error) return null;
  return {
    error: { code: run.error.code, message: run.error.message, messageParameters: {}, details: [] },
    environment: REGION,
    location: REGION,
    time: run.endedAt ?? run.createdAt,
    componentName: 'execution',
  };
}

/** .NET's time span: `00:01:05.5000000`. */
export function duration(milliseconds: number): string {
  const whole = Math.max(0, milliseconds);
  const days = Math.floor(whole / 86_400_000);
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  const clock = `${two((whole / 3_600_000) % 24)}:${two((whole / 60_000) % 60)}:${two((whole / 1000) % 60)}`;
  return `${days > 0 ? `${days}.` : ''}${clock}.${String(Math.floor(whole % 1000)).padStart(3, '0')}0000`;
}
