import type { TaskManifest } from '../contracts/task.ts';
import type { TaskCatalog } from './task-catalog.ts';

/** The agent's tasks and the server's, as one catalog for the compiler. */
export function mergeCatalogs(agents: TaskCatalog, servers: readonly TaskManifest[]) {
  const all = [...agents.all(), ...servers];
  return {
    all: () => all,
    find: (nameOrId: string, majorVersion: string) =>
      agents.find(nameOrId, majorVersion) ??
      servers.find(
        (manifest) =>
          [manifest.name.toLowerCase(), manifest.id.toLowerCase()].includes(nameOrId.toLowerCase()) &&
          String(manifest.version.Major) === majorVersion.split('.')[0],
      ),
  };
}
