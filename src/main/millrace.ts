// The `millrace` command. Nothing large is imported before the compile cache is on.
import { keepCompiled } from './compile-cache.ts';

keepCompiled();
const { runCommandLine } = await import('./command-line.ts');
process.exitCode = await runCommandLine();
