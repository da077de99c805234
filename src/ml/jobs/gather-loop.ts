import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunValue, Workspace } from '../types.ts';
import type { DataReferences } from './data-reference.ts';
import type { StoredRun } from './job-rows.ts';
import type { RunPlan } from './plan.ts';
import { outputOf, outputsOf } from './run-values.ts';

/**
 * The outputs of a loop whose iterations have completed: of a do_while those of the last one; of a parallel_for all of them, data as a table
 * (`MLTable`) of where each iteration's lies, values as the text of a JSON list (types as in the client's source). May be called twice.
 * @param iterations in their order
 */
export async function gatherLoop(
  data: DataReferences,
  workspace: Workspace,
  loop: RunPlan,
  iterations: readonly StoredRun[],
): Promise<Record<string, RunValue>> {
  const last = iterations.at(-1);
  if (loop.work.kind !== 'parallel_for') return last ? outputsOf(last) : {};
  const outputs: Record<string, RunValue> = {};
  for (const [name, output] of Object.entries(loop.outputs)) {
    const values = iterations.map((run) => outputOf(run, name));
    if (output.primitive !== undefined) {
      const texts = values.map((value) => (value?.kind === 'literal' ? value.value : null));
      outputs[name] = { kind: 'literal', value: JSON.stringify(texts) };
      continue;
    }
    const folder = await data.localPath(workspace, output.uri);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const file = join(folder, 'MLTable');
    await writeFile(`${file}.part`, tableOf(values));
    await rename(`${file}.part`, file);
    outputs[name] = { kind: 'asset', type: 'mltable', uri: output.uri };
  }
  return outputs;
}

function tableOf(values: readonly (RunValue | undefined)[]): string {
  const paths = values.map((value) => {
    if (value?.kind !== 'asset') return '';
    return `  - ${value.type === 'uri_file' ? 'file' : 'folder'}: ${JSON.stringify(value.uri)}\n`;
  });
  return `$schema: https://azuremlschemas.azureedge.net/latest/MLTable.schema.json\ntype: mltable\npaths:\n${paths.join('')}`;
}
