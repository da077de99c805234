import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { TaskManifest, TaskModule } from '../contracts/task.ts';
import { invalid } from '../kernel/errors.ts';
import type { Installation } from './installation.ts';
import { readManifest } from './task-manifest.ts';

/** The built-in tasks: every folder below `tasks/` with a manifest. */
export type TaskCatalog = {
  all(): readonly TaskManifest[];
  find(nameOrId: string, majorVersion: string): TaskManifest | undefined;
  /** Whether a task is one of the service's own, by the table `service-tasks.json`. */
  isServiceTask(name: string, majorVersion: string): boolean;
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
  let known: ReadonlySet<string> | undefined;
  return {
    isServiceTask(name, majorVersion) {
      // Read when a pipeline names a task that isn't built: most don't.
      known ??= serviceTasks(join(installation.tasksFolder, 'service-tasks.json'));
      return known.has(`${name}@${majorVersion}`.toLowerCase());
    },
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

function serviceTasks(file: string): ReadonlySet<string> {
  const { tasks } = JSON.parse(readFileSync(file, 'utf8')) as { tasks: Readonly<Record<string, string>> };
  return new Set(Object.keys(tasks).map((task) => task.toLowerCase()));
}
