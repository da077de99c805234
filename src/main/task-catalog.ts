import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { TaskManifest, TaskModule } from '../contracts/task.ts';
import { invalid } from '../kernel/errors.ts';
import type { ServiceTask } from '../language/index.ts';
import type { Installation } from './installation.ts';
import { readManifest } from './task-manifest.ts';

/** The built-in tasks: every folder below `tasks/` with a manifest. */
export type TaskCatalog = {
  all(): readonly TaskManifest[];
  find(nameOrId: string, majorVersion: string): TaskManifest | undefined;
  /** One of the service's own tasks by its name or id, as the table `service-tasks.json` knows it. */
  serviceTask(nameOrId: string, majorVersion: string): ServiceTask | undefined;
  /** All of the service's own tasks that the table knows, those that are here among them. */
  serviceTasks(): readonly ServiceTask[];
  load(id: string, majorVersion: string): Promise<TaskModule | undefined>;
};

/** Reads the manifests. @throws invalid for one that does not parse or is malformed, naming its file and each key at fault */
export function readTaskCatalog(installation: Installation): TaskCatalog {
  const entries = readdirSync(installation.tasksFolder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(installation.tasksFolder, entry.name, 'task.json')))
    .map((entry) => {
      const file = join(installation.tasksFolder, entry.name, 'task.json');
      let data: unknown;
      try {
        data = JSON.parse(readFileSync(file, 'utf8'));
      } catch (cause) {
        throw invalid(`The task manifest ${file} cannot be read: ${(cause as Error).message}`, { cause });
      }
      const read = readManifest(data);
      if ('faults' in read)
        throw invalid(
          `The task manifest ${file} is malformed:\n${read.faults.map((fault) => `  ${fault}`).join('\n')}`,
        );
      return { folder: entry.name, manifest: read.manifest };
    });
  const search = (nameOrId: string, majorVersion: string) => {
    const wanted = nameOrId.toLowerCase();
    return entries.find(
      ({ manifest }) =>
        (manifest.name.toLowerCase() === wanted || manifest.id.toLowerCase() === wanted) &&
        String(manifest.version.Major) === majorVersion.split('.')[0],
    );
  };
  let known: ReadonlyMap<string, ServiceTask> | undefined;
  // Read when a pipeline names a task that isn't built, or an input that its task doesn't know: most don't.
  const table = () => {
    known ??= readServiceTasks(join(installation.tasksFolder, 'service-tasks.json'));
    return known;
  };
  return {
    serviceTask: (nameOrId, majorVersion) => table().get(`${nameOrId}@${majorVersion.split('.')[0]}`.toLowerCase()),
    serviceTasks: () => [...new Set(table().values())],
    all: () => entries.map((entry) => entry.manifest),
    find: (nameOrId, majorVersion) => search(nameOrId, majorVersion)?.manifest,
    async load(id, majorVersion) {
      const entry = search(id, majorVersion);
      if (!entry) return undefined;
      const file = join(installation.tasksFolder, entry.folder, installation.taskModule);
      // Not `import`: the bundled task is CommonJS, and reading it through for its names takes longer than loading it.
      return createRequire(file)(file) as TaskModule;
    },
  };
}

/**
 * The tasks of the table under `name@major` and `id@major`, in lower case. A renamed task keeps its id, and its names have other versions;
 * a name without an id is found by its name alone.
 */
export function readServiceTasks(file: string): ReadonlyMap<string, ServiceTask> {
  const { ids = {}, tasks } = JSON.parse(readFileSync(file, 'utf8')) as {
    ids?: Readonly<Record<string, string>>;
    tasks: Readonly<Record<string, string>>;
  };
  const found = new Map<string, ServiceTask>();
  for (const [reference, inputs] of Object.entries(tasks)) {
    const [name = '', major = ''] = reference.split('@');
    const task = { name, major, inputs: inputs.split(' ').filter(Boolean).map(inputOf) };
    for (const key of [name, ids[name]]) if (key) found.set(`${key}@${major}`.toLowerCase(), task);
  }
  return found;
}

function inputOf(written: string): ServiceTask['inputs'][number] {
  return { name: written.replace('*', ''), required: written.endsWith('*') };
}
