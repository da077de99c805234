import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { type CompileInput, compile } from '../../index.ts';

const folder = new URL('./regions/', import.meta.url);

/** Compiles the traced sample: stages by `each`, jobs and steps from templates in templates. */
export async function compileRegions(more: Partial<CompileInput> = {}) {
  const { expanded, plan, diagnostics } = await compile({
    file: '/azure-pipelines.yml',
    files: { read: (path) => readFile(new URL(`.${path}`, folder), 'utf8').catch(() => undefined) },
    trace: true,
    ...more,
  });
  assert.deepEqual(diagnostics, []);
  assert.ok(expanded && plan);
  return { expanded, plan };
}
