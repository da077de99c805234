import { invalid } from '../../kernel/errors.ts';
import { longDatastoreUri } from '../places.ts';
import type { AssetType, RunValue, WorkspaceScope } from '../types.ts';
import { isObject, objectField, textField } from '../wire-fields.ts';
import type { InputMode, PlannedOutput } from './plan.ts';

/** An input or output as a body says it, before references are resolved. */
export type RawInput =
  | { readonly kind: 'literal'; readonly value: string; readonly mode?: InputMode }
  | { readonly kind: 'asset'; readonly type: AssetType; readonly uri: string; readonly mode?: InputMode };

export type RawOutput =
  /** `${{parent.outputs.o}}`. */
  | { readonly kind: 'bound'; readonly text: string }
  | {
      readonly kind: 'own';
      readonly type?: AssetType;
      readonly uri?: string;
      readonly mode?: PlannedOutput['mode'];
      readonly assetName?: string;
      readonly assetVersion?: string;
    };

const TYPES: readonly AssetType[] = [
  'uri_file',
  'uri_folder',
  'mltable',
  'custom_model',
  'mlflow_model',
  'triton_model',
];

const BY_PLAIN_NAME = new Map(TYPES.map((type) => [type.replaceAll('_', ''), type]));

/** An asset type in any casing (`UriFolder`, `uri_folder`); undefined for the literal types. */
export function assetTypeOf(text: string | undefined): AssetType | undefined {
  return text === undefined ? undefined : BY_PLAIN_NAME.get(text.replaceAll('_', '').toLowerCase());
}

const INPUT_MODES: Readonly<Record<string, InputMode>> = {
  romount: 'ReadOnlyMount',
  readonlymount: 'ReadOnlyMount',
  mount: 'ReadOnlyMount',
  rwmount: 'ReadWriteMount',
  readwritemount: 'ReadWriteMount',
  download: 'Download',
  direct: 'Direct',
  evalmount: 'EvalMount',
  evaldownload: 'EvalDownload',
};

function inputMode(name: string, text: string | undefined): InputMode | undefined {
  if (text === undefined) return undefined;
  const mode = INPUT_MODES[text.replaceAll('_', '').toLowerCase()];
  if (!mode)
    throw invalid(
      `The input '${name}' has the mode '${text}'. Known: ro_mount, rw_mount, download, direct, eval_mount, eval_download.`,
    );
  return mode;
}

/** Reads the inputs of a job or node. An input that is null has no value and is left out. */
export function readInputs(owner: unknown): Record<string, RawInput> {
  const inputs: Record<string, RawInput> = {};
  for (const [name, raw] of Object.entries(objectField(owner, 'inputs'))) {
    if (raw === null || raw === undefined) continue;
    if (!isObject(raw)) {
      inputs[name] = { kind: 'literal', value: String(raw) };
      continue;
    }
    const mode = inputMode(name, textField(raw, 'mode'));
    const type = assetTypeOf(textField(raw, 'jobInputType') ?? textField(raw, 'type'));
    const uri = textField(raw, 'uri') ?? textField(raw, 'path');
    const value = textField(raw, 'value');
    if (uri !== undefined) inputs[name] = { kind: 'asset', type: type ?? 'uri_folder', uri, ...(mode ? { mode } : {}) };
    else if (value !== undefined) inputs[name] = { kind: 'literal', value, ...(mode ? { mode } : {}) };
  }
  return inputs;
}

const ARTIFACTS_OF_A_RUN = /^azureml:\/\/datastores\/workspaceartifactstore\/ExperimentRun\/dcid\./i;

/** Whether an output is the one by which the service shows a run's artifacts: a job that was read and is sent again has it, and does not make it. */
export function isArtifactsOutput(name: string, output: unknown): boolean {
  return name === 'default' && ARTIFACTS_OF_A_RUN.test(textField(output, 'uri') ?? '');
}

/** Reads the outputs of a job or node. */
export function readOutputs(owner: unknown): Record<string, RawOutput> {
  const outputs: Record<string, RawOutput> = {};
  for (const [name, raw] of Object.entries(objectField(owner, 'outputs'))) {
    const text = typeof raw === 'string' ? raw : textField(raw, 'value');
    if (text !== undefined) {
      outputs[name] = { kind: 'bound', text };
      continue;
    }
    const type = assetTypeOf(textField(raw, 'jobOutputType') ?? textField(raw, 'type'));
    const mode = textField(raw, 'mode')?.replaceAll('_', '').toLowerCase();
    const uri = textField(raw, 'uri') ?? textField(raw, 'path');
    if (isArtifactsOutput(name, raw)) continue;
    const assetName = textField(raw, 'assetName') ?? textField(raw, 'name');
    const assetVersion = textField(raw, 'assetVersion') ?? textField(raw, 'version');
    outputs[name] = {
      kind: 'own',
      ...(type ? { type } : {}),
      ...(uri ? { uri } : {}),
      ...(mode ? { mode: mode === 'upload' ? 'Upload' : mode === 'direct' ? 'Direct' : 'ReadWriteMount' } : {}),
      ...(assetName ? { assetName } : {}),
      ...(assetVersion ? { assetVersion } : {}),
    };
  }
  return outputs;
}

/**
 * The place of an output: what the body says, else `azureml/{run}/{output}/` of the default datastore (documented). A place that is named may hold
 * `${{name}}`, `${{output_name}}` and `${{default_datastore}}` (documented).
 */
export function placeOutput(
  name: string,
  raw: Extract<RawOutput, { kind: 'own' }>,
  declaredType: AssetType | undefined,
  runId: string,
  { workspace, datastore }: { readonly workspace: WorkspaceScope; readonly datastore: string },
): PlannedOutput {
  const type = raw.type ?? declaredType ?? 'uri_folder';
  const path = `azureml/${runId}/${name}/`;
  const uri =
    raw.uri
      ?.replaceAll(/\$\{\{\s*name\s*\}\}/g, runId)
      .replaceAll(/\$\{\{\s*output_name\s*\}\}/g, name)
      .replaceAll(/\$\{\{\s*default_datastore\s*\}\}/g, datastore) ??
    longDatastoreUri(workspace, datastore, type === 'uri_file' ? `${path}${name}` : path);
  return {
    type,
    uri,
    mode: raw.mode ?? 'ReadWriteMount',
    ...(raw.assetName ? { assetName: raw.assetName } : {}),
    ...(raw.assetVersion ? { assetVersion: raw.assetVersion } : {}),
  };
}

/** The text of a value inside other text. */
export function textOfValue(value: RunValue): string {
  return value.kind === 'literal' ? value.value : value.uri;
}

/** The last segment of a compute's ARM id, or the name itself. */
export function computeNameOf(id: string | undefined): string | undefined {
  if (id === undefined || id === '') return undefined;
  return id
    .replace(/^azureml:/i, '')
    .split('/')
    .pop();
}
