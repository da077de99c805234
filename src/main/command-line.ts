import { runCli } from '../cli/index.ts';
import { createCliHost } from './cli-host.ts';
import { findInstallation } from './installation.ts';

const INTERRUPTED = 130;

/** Hands the process to the command line. @returns its exit code */
export async function runCommandLine(): Promise<number> {
  // Whoever reads our output may stop early (`millrace runs logs 1 | head`): that is no error.
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  const code = await runCli(process.argv.slice(2), {
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
    host: createCliHost(findInstallation(), process.env),
  });
  // Who left without waiting must not be kept by what is still under way in this process.
  if (code === INTERRUPTED) process.exit(code);
  return code;
}
