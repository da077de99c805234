import type { CommandEntry } from '../command.ts';

/** Every command, in the order of the overview. A command's code is loaded when it is called. */
export const commands: readonly CommandEntry[] = [
  {
    name: 'run',
    summary: 'Run a pipeline of this directory and watch it',
    load: async () => (await import('./run.ts')).run,
  },
  {
    name: 'demo',
    summary: "Run the sample project's pipeline",
    load: async () => (await import('./demo.ts')).demo,
  },
  {
    name: 'validate',
    summary: 'Check a pipeline without running it',
    load: async () => (await import('./validate.ts')).validate,
  },
  {
    name: 'expand',
    summary: 'Print a pipeline with its templates expanded',
    load: async () => (await import('./expand.ts')).expand,
  },
  {
    name: 'explain',
    summary: 'Say why a stage, job or step came out as it did',
    load: async () => (await import('./explain.ts')).explain,
  },
  {
    name: 'graph',
    summary: "Draw a pipeline's stages and jobs with what they wait for",
    load: async () => (await import('./graph.ts')).graph,
  },
  {
    name: 'triggers',
    summary: 'Say whether a push, a pull request or a time would start a run, and why',
    load: async () => (await import('./triggers.ts')).triggers,
  },
  { name: 'runs list', summary: 'List runs', load: async () => (await import('./runs/list.ts')).list },
  {
    name: 'runs show',
    summary: "Show a run's stages, jobs and steps",
    load: async () => (await import('./runs/show.ts')).show,
  },
  { name: 'runs logs', summary: "Print a run's logs", load: async () => (await import('./runs/logs.ts')).logs },
  { name: 'runs cancel', summary: 'Cancel a run', load: async () => (await import('./runs/cancel.ts')).cancel },
  { name: 'up', summary: 'Start the server and serve until stopped', load: async () => (await import('./up.ts')).up },
  { name: 'down', summary: 'Stop the server', load: async () => (await import('./down.ts')).down },
  {
    name: 'status',
    summary: 'Say whether a server runs, and where',
    load: async () => (await import('./status.ts')).status,
  },
  {
    name: 'env',
    summary: 'Print the variables that point az, SDKs and scripts at the server',
    load: async () => (await import('./env.ts')).env,
  },
  { name: 'az', summary: 'Run an az command against the server', load: async () => (await import('./az.ts')).az },
  {
    name: 'doctor',
    summary: 'Check what this machine has and lacks',
    load: async () => (await import('./doctor.ts')).doctor,
  },
  { name: 'version', summary: 'Print the version', load: async () => (await import('./version.ts')).version },
  { name: 'help', summary: 'Show help for a command', load: async () => (await import('./help.ts')).helpFor(commands) },
];
