// The `millrace` command. Nothing large is imported before the compile cache is on.
import { keepCompiled } from './compile-cache.ts';

keepCompiled();
// No await at the top: the bundle is CommonJS.
void import('./command-line.ts').then(async ({ runCommandLine }) => {
  process.exitCode = await runCommandLine();
});
