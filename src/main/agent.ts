// The agent as a program: reads its settings from standard input, runs one job, and ends. Its argument is the data directory.
import { keepCompiled } from './compile-cache.ts';

keepCompiled(process.argv[2]);
const { runAgentProcess } = await import('./agent-process.ts');
process.exitCode = await runAgentProcess();
