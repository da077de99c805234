// The embedded `az`, as a program of its own so that it starts quickly.
import { runAz } from '../cli/az/index.ts';

process.exitCode = await runAz(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
});
