import { setTimeout as sleep } from 'node:timers/promises';
import type { JobCompletedEvent, JobRequest, TimelineRecordUpdate } from '../contracts/agent.ts';
import { type Connection, ServerRefusal, UNREACHABLE_MS } from './connection.ts';

/** The plan's side of the protocol: where a job's records, logs and lines go. */
export type PlanClient = {
  /** @param onSent called when the request is written to an open connection; again if it has to be repeated */
  updateRecords(records: readonly TimelineRecordUpdate[], onSent?: () => void): Promise<void>;
  /** Makes logs, with their first lines. @param begun `name`: the record's id, of a step's log @returns their ids, in order */
  createLogs(begun: readonly { name: string; lines: readonly string[] }[]): Promise<readonly number[]>;
  /**
   * Appends lines to a log, once. `before` is how many lines the log has from earlier calls: when an answer was lost it tells
   * whether the lines arrived.
   */
  appendLog(logId: number, lines: readonly string[], before: number): Promise<void>;
  postFeed(recordId: string, lines: readonly string[], startLine: number): Promise<void>;
  attach(recordId: string, type: string, name: string, content: Buffer): Promise<void>;
  completeJob(event: JobCompletedEvent): Promise<void>;
  oidcToken(endpointId: string): Promise<string>;
};

/** Makes the client of a job's plan. @param jobToken the token that the job's requests bear */
export function createPlanClient(
  connection: Connection,
  job: JobRequest,
  jobToken: string | undefined,
  signal: AbortSignal,
): PlanClient {
  const plan = `/${job.plan.scopeIdentifier}/_apis/distributedtask/hubs/${job.plan.planType}/plans/${job.plan.planId}`;
  const timeline = `${plan}/timelines/${job.timeline.id}`;
  const version = 'api-version=7.1';
  const bearer = { ...(jobToken ? { token: jobToken } : {}), signal };

  const linesOf = async (logId: number): Promise<number> => {
    const { text } = await connection.send({ method: 'GET', path: `${plan}/logs?${version}`, ...bearer });
    const logs = (JSON.parse(text) as { value: { id: number; lineCount?: number }[] }).value;
    return logs.find((log) => log.id === logId)?.lineCount ?? 0;
  };

  return {
    async updateRecords(records, onSent) {
      await connection.send({
        method: 'PATCH',
        path: `${timeline}/records?${version}`,
        json: { count: records.length, value: records },
        ...(onSent ? { onSent } : {}),
        ...bearer,
      });
    },
    async createLogs(begun) {
      const { text } = await connection.send({
        method: 'POST',
        path: `${plan}/logbatches?${version}`,
        json: {
          count: begun.length,
          value: begun.map(({ name, lines }) => ({ path: `logs\\${name}`, lines })),
        },
        ...bearer,
      });
      return (JSON.parse(text) as { value: { id: number }[] }).value.map(({ id }) => id);
    },
    async appendLog(logId, lines, before) {
      const body = `${lines.join('\n')}\n`;
      const began = performance.now();
      for (let pause = 50; ; pause = Math.min(2 * pause, 2000)) {
        try {
          // A single try each time: before another the log itself says whether the lines arrived.
          await connection.send({
            method: 'POST',
            path: `${plan}/logs/${logId}?${version}`,
            text: body,
            ...bearer,
            retryMs: 0,
          });
          return;
        } catch (error) {
          if (error instanceof ServerRefusal || signal.aborted) throw error;
          if ((await linesOf(logId)) >= before + lines.length) return;
          // The server is there and can't take them, as with a full disk: not asked in a tight loop, and not for ever.
          if (performance.now() - began > UNREACHABLE_MS) throw error;
          await sleep(pause, undefined, { signal });
        }
      }
    },
    async postFeed(recordId, lines, startLine) {
      await connection.send({
        method: 'POST',
        path: `${timeline}/records/${recordId}/feed?${version}`,
        json: { count: lines.length, value: lines, stepId: recordId, startLine },
        ...bearer,
      });
    },
    async attach(recordId, type, name, content) {
      const path = `${timeline}/records/${recordId}/attachments/${encodeURIComponent(type)}/${encodeURIComponent(name)}`;
      const { Readable } = await import('node:stream');
      await connection.send({
        method: 'PUT',
        path: `${path}?${version}`,
        stream: { bytes: content.length, open: () => Readable.from([content]) },
        ...bearer,
      });
    },
    async completeJob(event) {
      try {
        await connection.send({
          method: 'POST',
          path: `${plan}/events?lockToken=${encodeURIComponent(job.lockToken)}&${version}`,
          json: event,
          ...bearer,
        });
      } catch (error) {
        // Told twice, because the first answer was lost: the job has ended.
        if (!(error instanceof ServerRefusal && (error.status === 404 || error.status === 409 || error.status === 410)))
          throw error;
      }
    },
    async oidcToken(endpointId) {
      const { text } = await connection.send({
        method: 'POST',
        path: `${plan}/jobs/${job.jobId}/oidctoken?serviceConnectionId=${encodeURIComponent(endpointId)}&${version}`,
        json: {},
        ...bearer,
      });
      return (JSON.parse(text) as { oidcToken: string }).oidcToken;
    },
  };
}
