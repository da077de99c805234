import type { FastifyInstance, FastifyRequest } from 'fastify';
import { invalid, notFound } from '../../../kernel/errors.ts';
import { isOpen } from '../../agents/queue.ts';
import { findConnection } from '../../connections/connections.ts';
import { ORGANISATION } from '../../deps.ts';
import { parsePlanEvent, takePlanEvent } from '../../runs/plan-events.ts';
import { secretHider } from '../../runs/run-secrets.ts';
import { COLLECTION_ID } from '../../runs/system-variables.ts';
import { readRecords, runTopic, writeRecords } from '../../runs/timeline.ts';
import { requirePlan } from '../../wire/access.ts';
import { itemsOf, list, lowerFirst } from '../../wire/list.ts';
import { plainName } from '../../wire/paths.ts';
import { readRecord, recordWire } from '../../wire/timeline.ts';
import type { ApiContext } from '../context.ts';

const PLAN = '/:organisation/:scope/_apis/distributedtask/hubs/:hub/plans/:planId';
const RECORDS = `${PLAN}/timelines/:timelineId/records`;
const MOST_RECORDS = 1000;
const MOST_FEED_LINES = 1000;

type PlanParams = { planId: string; recordId?: string; logId?: string; jobId?: string };

/** What agents, server tasks and webhooks tell of a plan: events, records, lines, logs, attachments; and the tokens they ask for. */
export function addPlanRoutes(service: FastifyInstance, context: ApiContext): void {
  const { deps, engine, logs, feed, serverJobs } = context;
  const { store, vault } = deps;

  const planOf = async (request: FastifyRequest) => {
    const planId = (request.params as PlanParams).planId.toLowerCase();
    requirePlan(request, planId);
    const run = await engine.loadPlan(planId);
    if (!run) throw notFound(`There is no plan ${planId}.`);
    return run;
  };
  /** As `planOf`, without where the run stands. */
  const fixedPlanOf = async (request: FastifyRequest) => {
    const planId = (request.params as PlanParams).planId.toLowerCase();
    requirePlan(request, planId);
    const run = await engine.findPlan(planId);
    if (!run) throw notFound(`There is no plan ${planId}.`);
    return run;
  };
  const logsUrl = (runId: number, projectId: string) =>
    `${deps.baseUrl()}/${ORGANISATION}/${projectId}/_apis/build/builds/${runId}/logs`;

  service.get(PLAN, async (request) => {
    const run = await planOf(request);
    return {
      planId: run.planId,
      planType: 'build',
      version: 13,
      scopeIdentifier: run.info.project.id,
      timeline: { id: run.planId },
    };
  });

  // A duplicate or late event changes nothing and is answered like the first one.
  service.post(`${PLAN}/events`, async (request, reply) => {
    const run = await planOf(request);
    const { lockToken } = request.query as { lockToken?: string };
    await takePlanEvent(deps, engine, serverJobs, run, parsePlanEvent(request.body, lockToken), request.principal);
    return reply.code(204).send();
  });

  service.patch(RECORDS, async (request) => {
    const run = await fixedPlanOf(request);
    const updates = itemsOf(request.body).flatMap((item) => readRecord(item) ?? []);
    if (updates.length > MOST_RECORDS)
      throw invalid(`At most ${MOST_RECORDS} records can be changed by one request, not ${updates.length}.`);
    const at = deps.clock.now().toISOString();
    const { principal } = request;
    const written = await store.write(async (writer) => {
      // An agent that lost its job may still be sending: its records are history by now.
      if (principal.kind === 'job' && !(await isOpen(writer, run.planId, principal.jobId.toLowerCase()))) return [];
      return writeRecords(writer, vault, run.planId, at, updates);
    });
    deps.events.publish(runTopic(run.runId));
    // Whoever wrote them knows what is in them, and this is the way of every step's end: the run's state is not read for it.
    const asWritten = <T>(document: T) => document;
    return list(written.map((record) => recordWire(record, logsUrl(run.runId, run.info.project.id), asWritten)));
  });
  service.get(RECORDS, async (request) => {
    const run = await planOf(request);
    const records = await readRecords(store.read, vault, run.planId);
    const hide = secretHider(run);
    return list(records.map((record) => recordWire(record, logsUrl(run.runId, run.info.project.id), hide)));
  });

  service.post(`${RECORDS}/:recordId/feed`, async (request, reply) => {
    const run = await planOf(request);
    const body = lowerFirst(request.body);
    const lines = (Array.isArray(body['value']) ? body['value'] : []).slice(0, MOST_FEED_LINES).map(String);
    const recordId = String(body['stepId'] ?? (request.params as PlanParams).recordId).toLowerCase();
    const startLine = typeof body['startLine'] === 'number' ? body['startLine'] : undefined;
    if (run.state.state !== 'completed') feed.add(run.runId, recordId, lines, startLine);
    return reply.code(204).send();
  });

  service.post(`${PLAN}/logs`, async (request) => {
    const run = await fixedPlanOf(request);
    const { path } = lowerFirst(request.body) as { path?: unknown };
    const log = await logs.create(run.runId, String(path ?? '').slice(0, 500));
    return { ...log, path, location: `${logsUrl(run.runId, run.info.project.id)}/${log.id}` };
  });
  // Our own: the logs of steps that have ended, as many as there are, whole or in their beginnings.
  service.post(`${PLAN}/logbatches`, async (request) => {
    const run = await fixedPlanOf(request);
    const asked = itemsOf(request.body);
    if (asked.length === 0 || asked.length > MOST_RECORDS)
      throw invalid(`One request makes 1 to ${MOST_RECORDS} logs, not ${asked.length}.`);
    const begun = asked.map(({ path, lines }) => {
      const text = Array.isArray(lines) ? lines.map((line) => `${line}\n`).join('') : '';
      return { path: String(path ?? '').slice(0, 500), data: Buffer.from(text) };
    });
    return list(await logs.createWith(run.runId, begun));
  });
  service.post(`${PLAN}/logs/:logId`, async (request) => {
    const run = await fixedPlanOf(request);
    const data = Buffer.isBuffer(request.body) ? request.body : Buffer.from(textOf(request.body));
    return logs.append(run.runId, Number((request.params as PlanParams).logId), data);
  });
  service.get(`${PLAN}/logs`, async (request) => list(await logs.list((await fixedPlanOf(request)).runId)));
  service.get(`${PLAN}/logs/:logId`, async (request) => {
    const run = await fixedPlanOf(request);
    const { startLine, endLine } = request.query as { startLine?: string; endLine?: string };
    return list(
      await logs.lines(
        run.runId,
        Number((request.params as PlanParams).logId),
        Number(startLine ?? 0),
        Number(endLine ?? 0),
      ),
    );
  });

  service.put(`${RECORDS}/:recordId/attachments/:type/:name`, async (request) => {
    const run = await fixedPlanOf(request);
    const { recordId = '', type, name } = request.params as PlanParams & { type: string; name: string };
    const at = deps.clock.now().toISOString();
    const parts = [recordId.toLowerCase(), type, name].map((part) => encodeURIComponent(plainName(part)));
    const file = `runs/${run.runId}/attachments/${parts.join('/')}`;
    await deps.files.write(file, Buffer.isBuffer(request.body) ? request.body : Buffer.from(textOf(request.body)));
    await store.write((writer) =>
      writer
        .insertInto('devops_attachments')
        .values({ plan_id: run.planId, record_id: recordId.toLowerCase(), type, name, file, created_on: at })
        .onConflict((conflict) =>
          conflict.columns(['plan_id', 'record_id', 'type', 'name']).doUpdateSet({ file, created_on: at }),
        )
        .execute(),
    );
    return { name, type, timelineId: run.planId, recordId, lastChangedOn: at };
  });

  service.post(`${PLAN}/jobs/:jobId/oidctoken`, async (request) => {
    const run = await fixedPlanOf(request);
    const { serviceConnectionId } = request.query as { serviceConnectionId?: string };
    const { project, definition, source } = run.info;
    const connection = serviceConnectionId
      ? await findConnection(store.read, vault, project.id, serviceConnectionId)
      : undefined;
    if (serviceConnectionId && !connection) throw notFound(`There is no service connection ${serviceConnectionId}.`);
    const parameter = (name: string) => connection?.parameters[name]?.value;
    const oidcToken = await deps.tokens.oidcToken({
      issuer: parameter('workloadIdentityFederationIssuer') ?? `https://vstoken.dev.azure.com/${COLLECTION_ID}`,
      subject:
        parameter('workloadIdentityFederationSubject') ??
        (connection
          ? `sc://${ORGANISATION}/${project.name}/${connection.name}`
          : `p://${ORGANISATION}/${project.name}/${definition.name}`),
      audience: 'api://AzureADTokenExchange',
      extra: {
        org_id: COLLECTION_ID,
        prj_id: project.id,
        def_id: String(definition.id),
        rpo_ref: source.branch,
        rpo_ver: source.version,
        run_id: String(run.runId),
      },
    });
    return { oidcToken };
  });
}

/** A raw body that some parser took for text or JSON. */
function textOf(body: unknown): string {
  return typeof body === 'string' ? body : body === undefined || body === null ? '' : JSON.stringify(body);
}
