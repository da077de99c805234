// The agent as a program: reads its settings from standard input, runs one job, and ends. Its argument is the data directory.
import { keepCompiled } from './compile-cache.ts';

keepCompiled(process.argv[2]);
// No await at the top: the bundle is CommonJS.
void import('./agent-process.ts').then(async ({ runAgentProcess }) => {
  process.exitCode = await runAgentProcess();
});
