// The `millrace` command: hands the process to the command line, and takes its exit code.
import { runCli } from '../cli/index.ts';
import { createCliHost } from './cli-host.ts';
import { findInstallation } from './installation.ts';

// Whoever reads our output may stop early (`millrace runs logs 1 | head`): that is no error.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

const installation = findInstallation();
process.exitCode = await runCli(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  onInterrupt(listener) {
    process.on('SIGINT', listener);
    process.on('SIGTERM', listener);
    return () => {
      process.off('SIGINT', listener);
      process.off('SIGTERM', listener);
    };
  },
  host: createCliHost(installation, process.env),
});
