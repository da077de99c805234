import type { Clock } from '../../kernel/clock.ts';
import type { Store } from '../../store/index.ts';
import { type MlTables, nextSequence } from '../tables.ts';
import type { Json } from '../wire-fields.ts';
import type { ScaleSettings } from './cluster.ts';
import { computeKindOf, IDLE_SECONDS } from './kinds.ts';

export type ComputeRecord = {
  readonly name: string;
  readonly computeType: string;
  /** The inner `properties` of the compute, as sent, without its secrets. */
  readonly settings: Json;
  /** What `settings` must not show: JSON by path, sealed. */
  readonly sealed?: string;
  /** What an attached compute stands for. */
  readonly resourceId?: string;
  readonly disableLocalAuth?: boolean;
  /** A compute instance that was stopped. */
  readonly stopped?: boolean;
  /** The last start, stop or restart of an instance, or its creation. */
  readonly lastOperation?: { readonly name: 'Create' | 'Start' | 'Stop' | 'Restart' | 'Resize'; readonly time: string };
  readonly description?: string;
  readonly tags: Json;
  readonly identity?: unknown;
  /** The workspace's unless one was given. */
  readonly location?: string;
  readonly createdAt: string;
  readonly modifiedAt: string;
};

export type Computes = {
  find(workspaceId: string, name: string): Promise<ComputeRecord | undefined>;
  list(workspaceId: string): Promise<readonly ComputeRecord[]>;
  put(
    workspaceId: string,
    name: string,
    change: Omit<ComputeRecord, 'name' | 'createdAt' | 'modifiedAt'>,
  ): Promise<{ compute: ComputeRecord; created: boolean }>;
  remove(workspaceId: string, name: string): Promise<boolean>;
};

/** How a compute scales. `serverless` has no record: as many nodes as the machine has. */
export function scaleOf(compute: ComputeRecord | undefined, slots: number): ScaleSettings {
  if (!compute) return { minNodes: 0, maxNodes: slots, idleSeconds: IDLE_SECONDS };
  return computeKindOf(compute.computeType).scaleOf(compute, slots);
}

/** What a cluster that a job names in local mode, and that isn't there, is made with. */
export function localCluster(slots: number): Omit<ComputeRecord, 'name' | 'createdAt' | 'modifiedAt'> {
  return {
    computeType: 'AmlCompute',
    settings: {
      osType: 'Linux',
      vmSize: 'STANDARD_DS3_V2',
      vmPriority: 'Dedicated',
      scaleSettings: { minNodeCount: 0, maxNodeCount: slots, nodeIdleTimeBeforeScaleDown: 'PT120S' },
    },
    tags: {},
  };
}

export function createComputes(deps: { store: Store<MlTables>; clock: Clock }): Computes {
  const { store, clock } = deps;
  const find: Computes['find'] = async (workspaceId, name) => {
    const row = await store.read
      .selectFrom('ml_computes')
      .select('document')
      .where('workspace_id', '=', workspaceId)
      .where('name_key', '=', name.toLowerCase())
      .executeTakeFirst();
    return row && (JSON.parse(row.document) as ComputeRecord);
  };
  return {
    find,
    async list(workspaceId) {
      const rows = await store.read
        .selectFrom('ml_computes')
        .select('document')
        .where('workspace_id', '=', workspaceId)
        .orderBy('sequence')
        .execute();
      return rows.map((row) => JSON.parse(row.document) as ComputeRecord);
    },
    async put(workspaceId, name, change) {
      const existing = await find(workspaceId, name);
      const now = clock.now();
      const compute: ComputeRecord = {
        ...change,
        name: existing?.name ?? name,
        createdAt: existing?.createdAt ?? now.toISOString(),
        modifiedAt: now.toISOString(),
      };
      const document = JSON.stringify(compute);
      const key = { workspace_id: workspaceId, name_key: name.toLowerCase() };
      await store.write(async (writer) => {
        if (existing)
          await writer
            .updateTable('ml_computes')
            .set({ document })
            .where('workspace_id', '=', workspaceId)
            .where('name_key', '=', key.name_key)
            .execute();
        else
          await writer
            .insertInto('ml_computes')
            .values({ ...key, document, sequence: nextSequence(now) })
            .execute();
      });
      return { compute, created: !existing };
    },
    async remove(workspaceId, name) {
      const existing = await find(workspaceId, name);
      if (existing)
        await store.write((writer) =>
          writer
            .deleteFrom('ml_computes')
            .where('workspace_id', '=', workspaceId)
            .where('name_key', '=', name.toLowerCase())
            .execute(),
        );
      return existing !== undefined;
    },
  };
}
