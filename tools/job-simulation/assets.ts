import type { StoredRun } from '../../src/ml/jobs/job-rows.ts';
import { registerOutputs } from '../../src/ml/jobs/register-outputs.ts';
import { type MlTables, mlMigrations } from '../../src/ml/tables.ts';
import { openStore, type Store } from '../../src/store/index.ts';

/** The assets of one simulated workspace: they are made by the server's own code, in a database, as a crash between two writes is about rows. */
export type Assets = {
  /** Makes assets of a run's named outputs, as a transaction that commits. */
  register(run: {
    readonly plan: StoredRun['plan'];
    readonly state: Pick<StoredRun['state'], 'outputs'>;
  }): Promise<void>;
  /** Where the data of each version lies, by asset name. */
  places(): Promise<ReadonlyMap<string, readonly string[]>>;
};

let opened: Promise<Store<MlTables>> | undefined;
let workspaces = 0;

/** Opens an empty workspace; those of one process share a database, since opening one takes as long as a schedule. */
export async function openAssets(now: () => Date): Promise<Assets> {
  opened ??= openStore(':memory:', mlMigrations);
  const store = await opened;
  workspaces += 1;
  const workspaceId = String(workspaces);
  return {
    register: (run) => store.write((writer) => registerOutputs(writer, workspaceId, run, now())),
    async places() {
      const rows = await store.read
        .selectFrom('ml_versions')
        .select(['name', 'document'])
        .where('workspace_id', '=', workspaceId)
        .execute();
      const places = new Map<string, string[]>();
      for (const { name, document } of rows) {
        const { properties } = JSON.parse(document) as { properties: { dataUri: string } };
        places.set(name, [...(places.get(name) ?? []), properties.dataUri]);
      }
      return places;
    },
  };
}
