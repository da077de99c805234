import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Address, call, isAlive } from './server.ts';

/** A project whose one job has a step that goes on until a file is there, with children that would outlive a careless agent. */
export type LongStep = {
  readonly folder: string;
  /** The step ends when this file is there. */
  readonly flag: string;
  /** The processes of the step, once all have begun: the shell, one in the background, one in a session of its own. */
  processes(): number[];
  /** Whether the step after the long one has run. */
  wentOn(): boolean;
};

export function writeLongStep(folder: string): LongStep {
  mkdirSync(folder, { recursive: true });
  const place = (name: string) => join(folder, name);
  const pids = ['shell', 'background', 'session'].map((name) => place(`${name}.pid`));
  writeFileSync(
    place('azure-pipelines.yml'),
    `steps:
- checkout: none
- bash: |
    sleep 600 &
    echo $! > ${pids[1]}
    setsid bash -c 'echo $$ > ${pids[2]}; exec sleep 600' &
    echo $$ > ${pids[0]}
    while [ ! -e ${place('flag')} ]; do sleep 0.05; done
  displayName: Long
- bash: touch ${place('went-on')}
`,
  );
  return {
    folder,
    flag: place('flag'),
    processes: () => pids.flatMap((file) => (existsSync(file) ? Number(readFileSync(file, 'utf8')) || [] : [])),
    wentOn: () => existsSync(place('went-on')),
  };
}

/** Resolves with what `look` finds. @throws when there is nothing after `milliseconds` */
export async function until<T>(
  what: string,
  milliseconds: number,
  look: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const end = performance.now() + milliseconds;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > end) throw new Error(`after ${milliseconds / 1000} s ${what}`);
    await sleep(50);
  }
}

/** Waits until the step runs and the timeline says so: the agent tells it beside the step. @returns its processes and the agent's */
export async function begun(address: Address, home: string, id: number, step: LongStep) {
  const processes = await until('the step had not begun', 30_000, () => {
    const found = step.processes();
    return found.length === 3 && found.every(isAlive) ? found : undefined;
  });
  const worker = await until('the timeline did not show the step', 10_000, async () => {
    const { records } = await call(address, 'GET', `build/builds/${id}/timeline`);
    const long = records.find((record: { name: string }) => record.name === 'Long');
    if (long?.state !== 'inProgress') return undefined;
    const job = records.find((record: { type: string; workerName?: string }) => record.type === 'Job');
    return job?.workerName as string | undefined;
  });
  const agent = agentOf(home, worker.replace('local-', ''));
  return { processes, agent };
}

/** The agents of a data directory that are alive. */
export function livingAgents(home: string): number[] {
  return (
    readdirSync(join(home, 'agents'))
      // A slot's folder is there a moment before its process is.
      .filter((slot) => existsSync(join(home, 'agents', slot, 'pid')))
      .map((slot) => agentOf(home, slot))
      .filter(isAlive)
  );
}

/** The process that holds an agent's slot. */
function agentOf(home: string, slot: string): number {
  return (JSON.parse(readFileSync(join(home, 'agents', slot, 'pid'), 'utf8')) as { pid: number }).pid;
}
