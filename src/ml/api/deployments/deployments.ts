import type { FastifyInstance, FastifyRequest } from 'fastify';
import { CALLER_HEADER, CREATES_HEADER } from '../../../contracts/caller.ts';
import { invalid, notFound, notImplemented } from '../../../kernel/errors.ts';
import { newGuid } from '../../../kernel/ids.ts';
import {
  type ArmContext,
  callerName,
  checkCaller,
  checkGroup,
  groupNotFound,
  originOf,
  page,
  parameter,
  provideGroup,
  wireTime,
} from '../../arm/context.ts';
import { deployTemplate, isoDuration, type Send } from '../../deployments/deploy-template.ts';
import { readTemplate } from '../../deployments/read-template.ts';
import type { StoredResource } from '../../stored-resources.ts';
import { fieldOf, isObject, type Json, objectField, textField, textsField } from '../../wire-fields.ts';

const GROUP = '/subscriptions/:subscriptionId/resourceGroups/:resourceGroup';
const DEPLOYMENTS = `${GROUP}/providers/Microsoft.Resources/deployments`;
const DEPLOYMENT = `${DEPLOYMENTS}/:name`;
const DEPLOYMENT_NAME = /^[-\w.()]{1,64}$/;
/** A template holds deployments that hold deployments … */
const DEPTH_HEADER = 'x-millrace-deployment-depth';
const DEEPEST = 10;

/** Deployments of templates to a resource group: how clients make a workspace with what it needs. Each resource is made by its own route. */
export function addDeploymentRoutes(service: FastifyInstance, context: ArmContext): void {
  const { resources, clock } = context;
  const idOf = (request: FastifyRequest) =>
    `/subscriptions/${parameter(request, 'subscriptionId')}/resourceGroups/${parameter(request, 'resourceGroup')}/providers/Microsoft.Resources/deployments/${parameter(request, 'name')}`;
  const wire = (one: StoredResource) => {
    const { operations: _operations, template: _template, ...shown } = one.document;
    return {
      id: one.id,
      name: one.id.slice(one.id.lastIndexOf('/') + 1),
      type: 'Microsoft.Resources/deployments',
      ...shown,
    };
  };
  const need = async (request: FastifyRequest) => {
    checkCaller(request.principal);
    const found = await resources.find(idOf(request));
    if (found) return found;
    throw notFound(`Deployment '${parameter(request, 'name')}' could not be found.`, { wire: 'DeploymentNotFound' });
  };
  /** Asks the service's own routes with the credential of who deploys. */
  const sender = (request: FastifyRequest, depth: number): Send => {
    const headers: Record<string, string> = { [DEPTH_HEADER]: String(depth + 1) };
    for (const name of ['authorization', 'host', CALLER_HEADER, CREATES_HEADER]) {
      const value = request.headers[name];
      if (typeof value === 'string') headers[name] = value;
    }
    return async (method, url, body) => {
      const path = url.startsWith('/') ? url : new URL(url).pathname + new URL(url).search;
      const answer = await service.inject({
        method,
        url: path,
        headers,
        ...(body === undefined ? {} : { payload: body as object }),
      });
      const operation = answer.headers['azure-asyncoperation'];
      return {
        status: answer.statusCode,
        body: answer.body === '' ? undefined : (JSON.parse(answer.body) as unknown),
        ...(typeof operation === 'string' ? { operation } : {}),
      };
    };
  };
  /** Reads the template of a request. @throws invalid, before anything is made */
  const read = async (request: FastifyRequest) => {
    const subscriptionId = parameter(request, 'subscriptionId');
    const name = parameter(request, 'resourceGroup');
    checkGroup(subscriptionId, name);
    const properties = objectField(request.body, 'properties');
    const mode = textField(properties, 'mode') ?? 'Incremental';
    if (mode.toLowerCase() !== 'incremental')
      throw notImplemented(`deployments of mode '${mode}': what the template leaves out would be deleted`);
    if (fieldOf(properties, 'templateLink') !== undefined || fieldOf(properties, 'parametersLink') !== undefined)
      throw notImplemented('linked templates and parameters: send the template itself');
    const template = fieldOf(properties, 'template');
    if (!isObject(template))
      throw invalid("A deployment needs 'properties.template', the template's object.", { wire: 'InvalidTemplate' });
    if (context.provision.may(request)) await provideGroup(context, request, subscriptionId, name);
    const location = await context.workspaces.locationOfGroup(subscriptionId, name);
    if (location === undefined) throw groupNotFound(name);
    const planned = await readTemplate(template, objectField(properties, 'parameters'), {
      subscriptionId,
      tenantId: context.tenantId,
      resourceGroup: { name, location },
      deployment: parameter(request, 'name'),
      now: clock.now().toISOString(),
      newGuid,
    });
    return { planned, template };
  };
  const providersOf = (types: readonly string[]) =>
    [...new Set(types.map((type) => type.split('/', 1)[0] as string))].map((namespace) => ({
      namespace,
      resourceTypes: [
        ...new Set(
          types.filter((type) => type.startsWith(`${namespace}/`)).map((type) => type.slice(namespace.length + 1)),
        ),
      ].map((resourceType) => ({ resourceType, locations: [null] })),
    }));

  service.put(DEPLOYMENT, async (request, reply) => {
    checkCaller(request.principal);
    if (!DEPLOYMENT_NAME.test(parameter(request, 'name')))
      throw invalid(
        `'${parameter(request, 'name').slice(0, 80)}' is not a deployment's name: up to 64 letters, digits, hyphens, underscores, dots and parentheses.`,
      );
    const depth = Number(request.headers[DEPTH_HEADER] ?? 0);
    if (depth > DEEPEST)
      throw invalid(`Deployments hold each other more than ${DEEPEST} deep.`, { wire: 'InvalidTemplate' });
    const { planned, template } = await read(request);
    const began = clock.now().getTime();
    const document = (properties: Json): Json => ({
      tags: textsField(request.body, 'tags'),
      properties: {
        mode: 'Incremental',
        timestamp: wireTime(clock.now().toISOString()),
        duration: isoDuration(clock.now().getTime() - began),
        correlationId: newGuid(),
        parameters: planned.parameters,
        providers: providersOf(planned.resources.map((one) => one.type)),
        dependencies: [],
        ...properties,
      },
    });
    const by = callerName(request.principal);
    const { created } = await resources.put(
      idOf(request),
      { ...document({ provisioningState: 'Running' }), template, operations: [] },
      by,
    );
    const { operations, error, ...made } = await deployTemplate(planned, sender(request, depth), clock);
    const properties = { provisioningState: error ? 'Failed' : 'Succeeded', ...made, ...(error ? { error } : {}) };
    const { resource } = await resources.put(idOf(request), { ...document(properties), template, operations }, by);
    // A failure is told where the client looks for the end, as the service tells it.
    if (error)
      reply.headers({
        'azure-asyncoperation': `${originOf(request)}${resource.id}/operationStatuses/${newGuid()}?api-version=2020-06-01`,
        'retry-after': '1',
      });
    const body = wire(resource);
    return reply
      .code(created ? 201 : 200)
      .send(
        error ? { ...body, properties: { ...objectField(body, 'properties'), provisioningState: 'Running' } } : body,
      );
  });
  service.get(DEPLOYMENTS, async (request) => {
    checkCaller(request.principal);
    const found = await resources.list(
      `/subscriptions/${parameter(request, 'subscriptionId')}/resourceGroups/${parameter(request, 'resourceGroup')}/providers/Microsoft.Resources/deployments`,
    );
    return page(request, found.map(wire));
  });
  service.get(DEPLOYMENT, async (request) => wire(await need(request)));
  service.delete(DEPLOYMENT, async (request, reply) => {
    checkCaller(request.principal);
    const removed = await resources.remove(idOf(request));
    return reply.code(removed ? 200 : 204).send();
  });
  service.get(`${DEPLOYMENT}/operationStatuses/:operation`, async (request) => {
    const properties = objectField((await need(request)).document, 'properties');
    const error = fieldOf(properties, 'error');
    return { status: textField(properties, 'provisioningState'), ...(error === undefined ? {} : { error }) };
  });
  // The clients ask for the operations by an older path, without the provider.
  for (const path of [`${DEPLOYMENT}/operations`, `${GROUP}/deployments/:name/operations`])
    service.get(path, async (request) => {
      const one = await need(request);
      const operations = fieldOf(one.document, 'operations');
      return page(
        request,
        (Array.isArray(operations) ? (operations as Json[]) : []).map(({ operationId, ...properties }) => ({
          id: `${one.id}/operations/${String(operationId)}`,
          operationId,
          properties,
        })),
      );
    });
  service.post(`${DEPLOYMENT}/exportTemplate`, async (request) => ({
    template: fieldOf((await need(request)).document, 'template') ?? {},
  }));
  service.post(`${DEPLOYMENT}/validate`, async (request) => {
    checkCaller(request.principal);
    const { planned } = await read(request);
    return {
      id: idOf(request),
      name: parameter(request, 'name'),
      type: 'Microsoft.Resources/deployments',
      properties: {
        mode: 'Incremental',
        provisioningState: 'Succeeded',
        parameters: planned.parameters,
        providers: providersOf(planned.resources.map((one) => one.type)),
        validatedResources: planned.resources.map(({ id }) => ({ id })),
      },
    };
  });
}
