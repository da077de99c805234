// Runs every test file beside the code it tests: `npm test`, or `npm test -- src/language` for a part.
import { spawnSync } from 'node:child_process';
import { sourceFiles } from './source-files.ts';

const parts = process.argv.slice(2);
const files = sourceFiles(/^(src|tasks|tools|samples|scenarios|conformance)\/.*\.test\.ts$/).filter(
  (file) => parts.length === 0 || parts.some((part) => file.startsWith(part.replace(/^\.\//, ''))),
);
if (files.length === 0) {
  console.error(`No test file under ${parts.join(', ') || 'the repository'}.`);
  process.exit(2);
}
// The plain listing in CI, dots and failures for a person. The exit status is the runner's own.
const reporter = process.env['CI'] || !process.stdout.isTTY ? 'spec' : 'dot';
const run = spawnSync(
  process.execPath,
  ['--disable-warning=ExperimentalWarning', '--test', `--test-reporter=${reporter}`, ...files],
  {
    stdio: 'inherit',
  },
);
process.exit(run.status ?? 1);
