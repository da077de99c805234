import { invalid, notFound } from '../../../kernel/errors.ts';
import type { Call } from '../call.ts';
import { list, text, texts } from '../wire.ts';
import { requireTraces } from './traces.ts';

/** Documented, for runs. */
const LINK_LIMIT = 100;
const ID_LIMIT = 300;

async function link(call: Call, traces: readonly string[], kind: 'run' | 'prompt', targets: readonly string[]) {
  const rows = traces.flatMap((trace) =>
    targets.map((target) => ({ workspace_id: call.workspace.id, trace_id: trace, kind, target })),
  );
  if (rows.length === 0) return;
  await call.deps.store.write((writer) =>
    writer
      .insertInto('mltrack_trace_links')
      .values(rows)
      .onConflict((conflict) => conflict.doNothing())
      .execute(),
  );
}

/** Links traces to a run besides the one that they were made in: `run_id = '…'` finds both. @throws not-found */
export async function linkTracesToRun(call: Call): Promise<Record<string, never>> {
  const traces = [...new Set(texts(call.fields, 'trace_ids'))];
  if (traces.length > LINK_LIMIT)
    throw invalid(`At most ${LINK_LIMIT} traces are linked to a run at once, found ${traces.length}.`, {
      target: 'trace_ids',
    });
  const id = text(call.fields, 'run_id', { limit: ID_LIMIT });
  const run = await call.deps.store.read
    .selectFrom('mltrack_runs')
    .select('run_id')
    .where('workspace_id', '=', call.workspace.id)
    .where('run_id', '=', id)
    .executeTakeFirst();
  if (!run) throw notFound(`Run with id=${id} not found.`);
  await requireTraces(call, traces);
  await link(call, traces, 'run', [id]);
  return {};
}

/** Links versions of prompts, which need not be there (reference server's source); `prompt = 'name/version'` finds the trace. */
export async function linkPromptsToTrace(call: Call): Promise<Record<string, never>> {
  const trace = text(call.fields, 'trace_id');
  const prompts = list(call.fields, 'prompt_versions', LINK_LIMIT).map(
    (one) => `${text(one, 'name', { limit: ID_LIMIT })}/${text(one, 'version', { limit: ID_LIMIT })}`,
  );
  await requireTraces(call, [trace]);
  await link(call, [trace], 'prompt', [...new Set(prompts)]);
  return {};
}
