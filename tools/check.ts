// Everything that can be said of the code without running it: `npm run check`.
import { spawnSync } from 'node:child_process';
import { checkLayers } from './check-layers.ts';
import { isLanguageReferenceCurrent } from './generate-language-reference.ts';
import { isOperationPageCurrent } from './generate-ml-operations.ts';
import { isMlflowCallsPageCurrent } from './generate-mlflow-calls.ts';

let failed = false;
const step = (name: string, ok: boolean) => {
  console.error(`${ok ? 'ok  ' : 'FAIL'} ${name}`);
  if (!ok) failed = true;
};
const run = (...command: string[]) =>
  spawnSync(`node_modules/.bin/${command[0]}`, command.slice(1), { stdio: 'inherit' }).status === 0;

step('types', run('tsc', '-p', '.'));
step('format and lint', run('biome', 'check', '--error-on-warnings', '.'));
const faults = checkLayers();
for (const fault of faults) console.error(fault);
step('import table', faults.length === 0);
const isCurrent = isLanguageReferenceCurrent();
if (!isCurrent)
  console.error(
    'docs/reference/language.gen.md is not what the grammar says: node tools/generate-language-reference.ts',
  );
const isPageCurrent = isOperationPageCurrent();
if (!isPageCurrent)
  console.error(
    'docs/compatibility-azure-ml.gen.md is not what the table of operations says: node tools/generate-ml-operations.ts',
  );
const areCallsCurrent = isMlflowCallsPageCurrent();
if (!areCallsCurrent)
  console.error(
    'docs/reference/mlflow-calls.gen.md is not what client and routes say: node tools/generate-mlflow-calls.ts',
  );
step('generated files', isCurrent && isPageCurrent && areCallsCurrent);
process.exitCode = failed ? 1 : 0;
