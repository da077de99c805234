// The embedded `az`, as a program of its own so that it starts quickly.
import { dirname } from 'node:path';
import { keepCompiled } from './compile-cache.ts';

// From a checkout most of the start is reading TypeScript; compiled once, it takes a sixth of the time.
const { MILLRACE_SERVER_FILE } = process.env;
keepCompiled(MILLRACE_SERVER_FILE && dirname(MILLRACE_SERVER_FILE));
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
// No await at the top: the bundle is CommonJS.
void import('../cli/az/index.ts').then(async ({ runAz }) => {
  process.exitCode = await runAz(process.argv.slice(2), {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
  });
});
