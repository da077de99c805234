import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { interpreter } from './interpreter.ts';
import { type Row, timedCommand } from './measure.ts';

/** A tool that runs tasks in order on this machine, and the same chain of tasks that do nothing, in its own words. */
type Orchestrator = {
  readonly name: string;
  /** What pip installs. */
  readonly packages: readonly string[];
  readonly program: (tasks: number) => string;
  /** The whole command; `bin` is the virtual environment's folder of programs. */
  readonly command: (bin: string, file: string) => readonly [string, ...string[]];
  readonly note: string;
};

const orchestrators: readonly Orchestrator[] = [
  {
    name: 'Metaflow',
    packages: ['metaflow'],
    note: 'a process a task',
    program(tasks) {
      const names = ['start', ...Array.from({ length: tasks - 2 }, (_, index) => `step_${index}`), 'end'];
      const step = (name: string, index: number) =>
        `    @step\n    def ${name}(self):\n        ${names[index + 1] ? `self.next(self.${names[index + 1]})` : 'pass'}\n`;
      return `from metaflow import FlowSpec, step\n\nclass Chain(FlowSpec):\n${names.map(step).join('\n')}\nif __name__ == "__main__":\n    Chain()\n`;
    },
    command: (bin, file) => [join(bin, 'python'), file, 'run'],
  },
  {
    name: 'Dagster',
    packages: ['dagster'],
    note: 'a process a task',
    program: (tasks) => `from dagster import In, Nothing, job, op

def make(index):
    @op(name=f"op_{index}", ins={} if index == 0 else {"before": In(Nothing)})
    def nothing():
        pass
    return nothing

@job
def chain():
    last = make(0)()
    for index in range(1, ${tasks}):
        last = make(index)(before=last)
`,
    command: (bin, file) => [join(bin, 'dagster'), 'job', 'execute', '-f', file, '-j', 'chain'],
  },
  {
    name: 'Prefect',
    packages: ['prefect', 'fastapi<0.140'],
    note: 'all tasks in one process, with its temporary server',
    program: (tasks) => `from prefect import flow, task

@task
def nothing(before=None):
    pass

@flow
def chain():
    last = None
    for _ in range(${tasks}):
        last = nothing(last)

chain()
`,
    command: (bin, file) => [join(bin, 'python'), file],
  },
];

/**
 * The same chain of tasks in other tools, each a whole command of the newest version from PyPI, run once: the slowest takes minutes.
 * @param ours milliseconds of the pipeline here, in this run
 */
export function otherOrchestrators(tasks: number, ours: number): Row[] {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-orchestrators-'));
  try {
    return orchestrators.flatMap((one) => {
      const bin = install(join(folder, one.name), one.packages);
      if (!bin) return [];
      const file = join(folder, `${one.name.toLowerCase()}_chain.py`);
      const home = join(folder, `${one.name}-home`);
      mkdirSync(home);
      const [command, ...args] = one.command(bin, file);
      const chain = (length: number) => {
        writeFileSync(file, one.program(length));
        return timedCommand(command, args, {
          cwd: home,
          env: { ...process.env, HOME: home, USER: 'bench', DAGSTER_HOME: home },
        });
      };
      // A first, short one fills the caches.
      chain(2);
      return [
        {
          what: `${tasks} sequential no-op Python components`,
          against: `${one.name} ${versionOf(bin, one.name)}, the same ${tasks} tasks`,
          ours,
          theirs: chain(tasks),
          rounds: 1,
          note: one.note,
        },
      ];
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns the folder of programs, or undefined where the package can't be had */
function install(place: string, packages: readonly string[]): string | undefined {
  const bin = join(place, 'bin');
  const made = spawnSync(interpreter(), ['-m', 'venv', place], { encoding: 'utf8' });
  const done =
    made.status === 0
      ? spawnSync(join(bin, 'pip'), ['install', '--quiet', '--disable-pip-version-check', ...packages], {
          encoding: 'utf8',
        })
      : made;
  if (done.status === 0) return bin;
  console.error(`${packages[0]}: not measured, it could not be installed: ${done.stderr}`);
  return undefined;
}

function versionOf(bin: string, name: string): string {
  const code = `import importlib.metadata; print(importlib.metadata.version("${name.toLowerCase()}"))`;
  return spawnSync(join(bin, 'python'), ['-c', code], { encoding: 'utf8' }).stdout.trim();
}
