import type { FastifyInstance, FastifyRequest } from 'fastify';
import { conflict, invalid, notFound, notImplemented } from '../../../kernel/errors.ts';
import { newGuid } from '../../../kernel/ids.ts';
import {
  type ArmContext,
  apiVersion,
  callerName,
  checkName,
  nextLink,
  originOf,
  PROVIDER,
  parameter,
  query,
  systemData,
  WORKSPACE,
  workspaceOf,
} from '../../arm/context.ts';
import { provideCompute } from '../../arm/provide-compute.ts';
import { jobNotFound } from '../../jobs/engine.ts';
import { computeNameOf } from '../../jobs/read-values.ts';
import { workspaceResourceId } from '../../places.ts';
import type { ScheduleRecord } from '../../schedules/schedule-rows.ts';
import { sourceJobOf } from '../../schedules/scheduled-job.ts';
import { unbuiltAction } from '../../schedules/unbuilt-action.ts';
import type { Workspace } from '../../types.ts';
import { countField, fieldOf, flagField, isObject, type Json, objectField, textField } from '../../wire-fields.ts';

const SCHEDULE = `${WORKSPACE}/schedules/:name`;
const OPERATION = `/subscriptions/:subscriptionId/providers/${PROVIDER}/locations/:location/mfeOperationsStatus/:operation`;
const PAGE = 100;
/** Under which clients read why the last job was not begun. */
const FAULT = 'millrace.lastFault';

/** Schedules: kept, listed, enabled and disabled, begun by hand, deleted. */
export function addScheduleRoutes(service: FastifyInstance, context: ArmContext): void {
  const { schedules, scheduler } = context;
  const find = async (request: FastifyRequest) => {
    const workspace = await workspaceOf(context, request);
    const record = await schedules.find(workspace.id, parameter(request, 'name'));
    // Clients know this code (recorded).
    if (!record)
      throw notFound(
        `There is no schedule '${parameter(request, 'name').slice(0, 200)}' in workspace ${workspace.name}.`,
        { wire: 'UserError', details: ['NotFound'] },
      );
    return { workspace, record };
  };

  service.get(`${WORKSPACE}/schedules`, async (request) => {
    const workspace = await workspaceOf(context, request);
    const enabled = viewOf(query(request, 'listViewType') ?? 'EnabledOnly');
    const after = countField({ skip: query(request, '$skip') }, 'skip');
    const found = await schedules.list(workspace.id, {
      limit: PAGE + 1,
      ...(enabled === undefined ? {} : { enabled }),
      ...(after === undefined ? {} : { after }),
    });
    const shown = found.slice(0, PAGE);
    const value = shown.map((record) => scheduleWire(workspace, record));
    const last = shown.at(-1);
    return found.length > PAGE && last ? { value, nextLink: nextLink(request, String(last.sequence)) } : { value };
  });
  service.get(SCHEDULE, async (request) => {
    const { workspace, record } = await find(request);
    return scheduleWire(workspace, record);
  });
  service.put(SCHEDULE, async (request, reply) => {
    const workspace = await workspaceOf(context, request);
    const name = checkName('schedule', parameter(request, 'name'));
    const properties = storedProperties(objectField(request.body, 'properties'));
    await checkAction(context, request, workspace, objectField(properties, 'action'));
    const existing = await schedules.find(workspace.id, name);
    const now = context.clock.now().toISOString();
    await scheduler.put({
      workspaceId: workspace.id,
      name,
      properties,
      enabled: flagField(properties, 'isEnabled') ?? true,
      // Whole seconds: a recurrence repeats this moment.
      createdAt: existing?.createdAt ?? now.replace(/\.\d+Z$/, '.000Z'),
      createdBy: existing?.createdBy ?? callerName(request.principal),
      ...(existing ? { modifiedAt: now } : {}),
    });
    // 201 to every PUT, and an operation that is over (recorded). Without one the public extension reads this very answer twice, and its
    // library leaves the second reading without the kinds of action and trigger.
    const operation = `/subscriptions/${workspace.subscriptionId}/providers/${PROVIDER}/locations/${workspace.location}/mfeOperationsStatus/s:${workspace.id}:${newGuid()}`;
    reply
      .code(201)
      .header('azure-asyncoperation', `${originOf(request)}${operation}?api-version=${apiVersion(request)}`)
      .header('x-ms-async-operation-timeout', 'PT30M')
      .header('retry-after', '1');
    return scheduleWire(workspace, (await schedules.find(workspace.id, name)) as ScheduleRecord);
  });
  service.get(OPERATION, async () => ({ status: 'Succeeded', percentComplete: 100 }));
  service.delete(SCHEDULE, async (request, reply) => {
    const workspace = await workspaceOf(context, request);
    const record = await schedules.find(workspace.id, parameter(request, 'name'));
    if (record?.enabled)
      throw conflict(
        `The schedule '${record.name}' is enabled. Disable it first: az ml schedule disable --name ${record.name}.`,
        { wire: 'UserError' },
      );
    if (record) await schedules.remove(workspace.id, record.name);
    scheduler.changed();
    return reply.code(record ? 200 : 204).send();
  });
  service.post(`${SCHEDULE}/trigger`, async (request) => {
    const { record } = await find(request);
    const unbuilt = unbuiltAction(objectField(record.properties, 'action'));
    if (unbuilt) throw notImplemented(unbuilt.what);
    const wanted = textField(request.body, 'scheduleTime');
    const at = wanted ? new Date(/(Z|[+-]\d{2}:?\d{2})$/i.test(wanted) ? wanted : `${wanted}Z`) : context.clock.now();
    if (Number.isNaN(at.getTime()))
      throw invalid(`'scheduleTime' is a time such as 2026-06-01T09:30:00Z, not '${wanted?.slice(0, 50)}'.`, {
        target: 'scheduleTime',
        wire: 'UserError',
      });
    return { scheduleActionType: 'CreateJob', submissionId: await scheduler.trigger(record, at) };
  });
}

/** Which schedules a list holds: enabled ones, disabled ones, or both. */
function viewOf(text: string): boolean | undefined {
  const view = text.toLowerCase();
  if (view === 'enabledonly' || view === 'disabledonly') return view === 'enabledonly';
  if (view === 'all') return undefined;
  throw invalid(`listViewType is EnabledOnly, DisabledOnly or All, not '${text.slice(0, 50)}'.`, {
    target: 'listViewType',
    wire: 'UserError',
  });
}

/** Without what the server itself says of a schedule. */
function storedProperties(properties: Json): Json {
  const { provisioningState: _state, ...kept } = properties;
  const own = kept['properties'];
  if (!isObject(own)) return kept;
  const { [FAULT]: _fault, ...rest } = own;
  return { ...kept, properties: rest };
}

/** @throws invalid, not-found for an action that could not be done; one that is not built is kept */
async function checkAction(
  context: ArmContext,
  request: FastifyRequest,
  workspace: Workspace,
  action: Json,
): Promise<void> {
  const type = (textField(action, 'actionType') ?? '').toLowerCase();
  const unbuilt = unbuiltAction(action);
  if (unbuilt) {
    if (!isObject(fieldOf(action, unbuilt.definition)))
      throw invalid(`A schedule's action ${unbuilt.actionType} needs '${unbuilt.definition}'.`, {
        target: unbuilt.definition,
        wire: 'UserError',
      });
    return;
  }
  if (type !== 'createjob')
    throw invalid(`A schedule's action is CreateJob, not '${type.slice(0, 50)}'.`, {
      target: 'actionType',
      wire: 'UserError',
    });
  const definition = objectField(action, 'jobDefinition');
  if (textField(definition, 'jobType') === undefined)
    throw invalid("A schedule's 'jobDefinition' needs 'jobType'.", { target: 'jobDefinition', wire: 'UserError' });
  const source = sourceJobOf(definition);
  if (source !== undefined && !(await context.engine.job(workspace, source))) throw jobNotFound(source);
  // At its times nobody asks: what local mode makes for a job, it makes now.
  for (const name of computesOf(definition)) await provideCompute(context, request, workspace, name);
}

/** The clusters that a job's definition names itself. */
function computesOf(definition: Json): Set<string> {
  const settings = objectField(definition, 'settings');
  const named = [definition, ...Object.values(objectField(definition, 'jobs'))].map((owner) =>
    fieldOf(owner, 'computeId'),
  );
  const names = [...named, fieldOf(settings, 'default_compute')].map((id) =>
    typeof id === 'string' ? computeNameOf(id) : undefined,
  );
  return new Set(names.filter((name) => name !== undefined && !/^(serverless|local)$/i.test(name)) as string[]);
}

function scheduleWire(workspace: Workspace, record: ScheduleRecord) {
  const own = record.properties['properties'];
  return {
    id: `${workspaceResourceId(workspace)}/schedules/${record.name}`,
    name: record.name,
    type: `${PROVIDER}/workspaces/schedules`,
    systemData: systemData(record.createdAt, record.createdBy, record.modifiedAt),
    properties: {
      description: null,
      displayName: null,
      tags: {},
      ...record.properties,
      properties: {
        ...(isObject(own) ? own : {}),
        ...(record.fault === undefined ? {} : { [FAULT]: record.fault }),
      },
      isEnabled: record.enabled,
      provisioningState: 'Succeeded',
    },
  };
}
