import type { FastifyInstance, FastifyRequest } from 'fastify';
import {
  type ArmContext,
  apiVersion,
  callerName,
  callingJobText,
  checkName,
  parameter,
  query,
  WORKSPACE,
  workspaceOf,
} from '../../arm/context.ts';
import { computeNotFound, provideCompute } from '../../arm/provide-compute.ts';
import { jobNotFound } from '../../jobs/engine.ts';
import { readJob } from '../../jobs/job-rows.ts';
import { SCHEDULE_NAME } from '../../schedules/scheduled-job.ts';
import { hiddenTag, noteTag, ownTags } from '../../tracking/index.ts';
import type { Workspace } from '../../types.ts';
import { fieldOf, flagField, type Json, objectField, textField, textsField, withoutNulls } from '../../wire-fields.ts';
import { childWire, jobWire, withRecord } from './job-wire.ts';
import { pageOfJobs } from './page-of-jobs.ts';
import { checkSameJob } from './same-job.ts';

const JOB = `${WORKSPACE}/jobs/:name`;

/** Jobs: submit, show, list, change, cancel, delete, and the webhooks of those who wait for one. */
export function addJobRoutes(service: FastifyInstance, context: ArmContext): void {
  const { engine, store } = context;

  const find = async (workspace: Workspace, name: string) => {
    const [document, run, records] = await Promise.all([
      engine.job(workspace, name),
      engine.run(workspace, name),
      context.records.find(workspace.id, [name]),
    ]);
    if (!run) return undefined;
    const record = records.get(name);
    return document
      ? withRecord(jobWire(workspace, name, document, run, await context.webhooks.shown(workspace.id, name)), record)
      : withRecord(childWire(workspace, run), record);
  };
  const wire = async (workspace: Workspace, name: string) => {
    const job = await find(workspace, name);
    if (!job) throw jobNotFound(name);
    return job;
  };

  service.get(`${WORKSPACE}/jobs`, async (request) => {
    const workspace = await workspaceOf(context, request);
    const type = query(request, 'jobType')?.toLowerCase();
    const tag = query(request, 'tag');
    const scheduled = flagField({ scheduled: query(request, 'scheduled') }, 'scheduled');
    const schedule = query(request, 'scheduleId')?.split('/').at(-1);
    const asset = query(request, 'assetName');
    const view = (query(request, 'listViewType') ?? 'ActiveOnly').toLowerCase();
    return pageOfJobs(
      request,
      store.read,
      workspace.id,
      (name) => find(workspace, name),
      ({ properties }) =>
        (type === undefined || properties.jobType.toLowerCase() === type) &&
        (tag === undefined || tag in (properties.tags as object)) &&
        (scheduled === undefined || SCHEDULE_NAME in (properties.properties as object) === scheduled) &&
        (schedule === undefined || fieldOf(properties.properties, SCHEDULE_NAME) === schedule) &&
        (asset === undefined || makesAsset(properties, asset)) &&
        (view === 'all' || properties.isArchived === (view === 'archivedonly')),
    );
  });
  service.get(JOB, async (request) => wire(await workspaceOf(context, request), parameter(request, 'name')));

  service.put(JOB, async (request, reply) => {
    const workspace = await workspaceOf(context, request);
    const name = checkName('job', parameter(request, 'name'));
    const properties = objectField(request.body, 'properties');
    const existing = await readJob(store, workspace.id, name);
    const webhooks = objectField(objectField(properties, 'notificationSetting'), 'webhooks');
    if (existing) {
      checkSameJob(existing.properties, properties);
      // The same job again, because the first answer was lost: what that one may not have come to is done now.
      if (Object.keys(webhooks).length > 0) await engine.setWebhooks(workspace, name, webhooks);
      await change(workspace, name, properties);
      return wire(workspace, name);
    }
    const caller = callingJobText(request);
    await engine.submit({
      workspace,
      name,
      properties: withoutNulls(properties),
      apiVersion: apiVersion(request),
      createdBy: callerName(request.principal),
      compute: (wanted) => computeOf(request, workspace, wanted),
      ...(caller === undefined ? {} : { caller }),
    });
    if (Object.keys(webhooks).length > 0) await engine.setWebhooks(workspace, name, webhooks);
    reply.code(201);
    return wire(workspace, name);
  });

  // Waiting tasks subscribe by this, in any casing; other changes come along.
  service.patch(JOB, async (request) => {
    const workspace = await workspaceOf(context, request);
    const name = parameter(request, 'name');
    if (!(await readJob(store, workspace.id, name))) throw jobNotFound(name);
    const properties = objectField(request.body, 'properties');
    await engine.setWebhooks(workspace, name, objectField(objectField(properties, 'notificationSetting'), 'webhooks'));
    await change(workspace, name, properties);
    return wire(workspace, name);
  });

  service.post(`${JOB}/cancel`, async (request, reply) => {
    const workspace = await workspaceOf(context, request);
    await engine.cancel(workspace, parameter(request, 'name'));
    return reply.code(200).send();
  });
  service.delete(JOB, async (request, reply) => {
    const workspace = await workspaceOf(context, request);
    await engine.remove(workspace, parameter(request, 'name'));
    return reply.code(200).send();
  });

  /** Local mode makes the clusters that a job names, wherever in it; otherwise what is said is which one is missing. */
  async function computeOf(request: FastifyRequest, workspace: Workspace, wanted: string): Promise<string> {
    if (/^serverless$/i.test(wanted)) return 'serverless';
    // The client's own word for "not in the cloud": no cluster is called so.
    if (/^local$/i.test(wanted)) throw computeNotFound(workspace, wanted);
    return (await provideCompute(context, request, workspace, wanted)).name;
  }

  /** Only what describes a job may change once it is there. */
  async function change(workspace: Workspace, name: string, properties: Json): Promise<void> {
    const document = await readJob(store, workspace.id, name);
    if (!document) throw jobNotFound(name);
    const changed: Record<string, unknown> = {};
    if (fieldOf(properties, 'tags') !== undefined) changed['tags'] = textsField(properties, 'tags');
    for (const key of ['displayName', 'description'] as const) {
      const text = textField(properties, key);
      if (text !== undefined) changed[key] = text;
    }
    const isArchived = flagField(properties, 'isArchived');
    if (isArchived !== undefined) changed['isArchived'] = isArchived;
    if (Object.keys(changed).length === 0) return;
    const record = (await context.records.find(workspace.id, [name])).get(name);
    if (record) {
      const tags = changed['tags'] as Record<string, string> | undefined;
      await context.records.change(workspace.id, name, {
        ...(changed['displayName'] === undefined ? {} : { name: changed['displayName'] as string }),
        setTags: {
          ...tags,
          ...(changed['description'] === undefined ? {} : noteTag(changed['description'] as string)),
          ...(isArchived === undefined ? {} : hiddenTag(isArchived)),
        },
        // What is sent is all the tags that there are to be.
        removeTags: tags === undefined ? [] : Object.keys(ownTags(record)).filter((key) => !(key in tags)),
      });
    }
    await engine.updateDocument(workspace, name, {
      ...document,
      properties: { ...document.properties, ...changed },
      modifiedAt: context.clock.now().toISOString(),
    });
  }
}

/** By which a pipeline that imports data says of which asset it makes a version: its node has the output (client source). */
const IMPORTED = 'azureml.materializationAssetName';

/** Whether one of a job's outputs is registered under a name. */
function makesAsset(properties: Json, name: string): boolean {
  if (fieldOf(objectField(properties, 'properties'), IMPORTED) === name) return true;
  return Object.values(objectField(properties, 'outputs')).some(
    (output) => (textField(output, 'assetName') ?? textField(output, 'name')) === name,
  );
}
