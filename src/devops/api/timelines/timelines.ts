import type { FastifyInstance } from 'fastify';
import { notFound } from '../../../kernel/errors.ts';
import { ORGANISATION } from '../../deps.ts';
import type { LoadedRun } from '../../runs/engine.ts';
import { secretHider } from '../../runs/run-secrets.ts';
import { readRecords, runTopic } from '../../runs/timeline.ts';
import { requireViewer } from '../../wire/access.ts';
import { list } from '../../wire/list.ts';
import { recordWire } from '../../wire/timeline.ts';
import type { ApiContext } from '../context.ts';

const BUILD = '/:organisation/:project/_apis/build/builds/:buildId';
const LONGEST_WAIT = 60;

/** A build's timeline and logs. */
export function addTimelineRoutes(service: FastifyInstance, context: ApiContext): void {
  const { deps, engine, logs } = context;

  const runOf = async (params: unknown): Promise<LoadedRun> => {
    const id = Number((params as { buildId: string }).buildId);
    const run = Number.isInteger(id) ? await engine.load(id) : undefined;
    if (!run) throw notFound(`The requested build ${id} could not be found.`, { wire: 'BuildNotFoundException' });
    return run;
  };
  const changeOf = async (planId: string) =>
    (
      await deps.store.read
        .selectFrom('devops_timelines')
        .select('change_id')
        .where('plan_id', '=', planId)
        .executeTakeFirst()
    )?.change_id ?? 0;

  const answer = async (run: LoadedRun) => {
    const base = `${deps.baseUrl()}/${ORGANISATION}/${run.info.project.id}/_apis/build/builds/${run.runId}`;
    const changeId = await changeOf(run.planId);
    const records = await readRecords(deps.store.read, deps.vault, run.planId);
    const hide = secretHider(run);
    return {
      id: run.planId,
      changeId,
      lastChangedOn:
        records
          .map((record) => record.lastModified)
          .sort()
          .at(-1) ?? run.queuedAt,
      records: records.map((record) => recordWire(record, `${base}/logs`, hide)),
      url: `${base}/timeline/${run.planId}`,
    };
  };

  /**
   * `waitSeconds` and `paceMilliseconds` are ours: the answer is held until the run is over, or the timeline has passed `changeId`
   * and the pace is over, or the wait is. So a screen hears of a run's end at once and of many short steps together.
   */
  service.get(`${BUILD}/timeline`, async (request) => {
    requireViewer(request);
    const query = request.query as { changeId?: string; waitSeconds?: string; paceMilliseconds?: string };
    const wait = Math.min(LONGEST_WAIT, Number(query.waitSeconds ?? 0) || 0) * 1000;
    let run = await runOf(request.params);
    if (wait > 0) {
      const known = Number(query.changeId ?? 0);
      const start = performance.now();
      const end = start + wait;
      const paced = start + Math.min(wait, Number(query.paceMilliseconds ?? 0) || 0);
      while (run.state.state !== 'completed') {
        const gone = new AbortController();
        const woken = deps.events.wait(runTopic(run.runId), Math.max(0, end - performance.now()), gone.signal);
        const changed = (await changeOf(run.planId)) > known;
        const left = (changed ? paced : end) - performance.now();
        const timer = setTimeout(() => gone.abort(), Math.max(0, left)).unref();
        const again = left > 0 && (await woken);
        clearTimeout(timer);
        gone.abort();
        if (!again) break;
        run = await runOf(request.params);
      }
    }
    return answer(run);
  });
  service.get(`${BUILD}/timeline/:timelineId`, async (request) => {
    requireViewer(request);
    const run = await runOf(request.params);
    const { timelineId } = request.params as { timelineId: string };
    if (timelineId.toLowerCase() !== run.planId) throw notFound(`Build ${run.runId} has no timeline ${timelineId}.`);
    return answer(run);
  });

  service.get(`${BUILD}/logs`, async (request) => {
    requireViewer(request);
    const run = await runOf(request.params);
    const base = `${deps.baseUrl()}/${ORGANISATION}/${run.info.project.id}/_apis/build/builds/${run.runId}/logs`;
    return list((await logs.list(run.runId)).map((log) => ({ ...log, type: 'Container', url: `${base}/${log.id}` })));
  });
  service.get(`${BUILD}/logs/:logId`, async (request, reply) => {
    requireViewer(request);
    const run = await runOf(request.params);
    const { startLine, endLine } = request.query as { startLine?: string; endLine?: string };
    const logId = Number((request.params as { logId: string }).logId);
    const lines = await logs.lines(run.runId, logId, Number(startLine ?? 0), Number(endLine ?? 0));
    if (!/text\/plain/i.test(request.headers.accept ?? '')) return list(lines);
    return reply.type('text/plain; charset=utf-8').send(lines.map((line) => `${line}\n`).join(''));
  });
}
