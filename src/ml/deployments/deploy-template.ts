import type { Clock } from '../../kernel/clock.ts';
import { DomainError, notFound } from '../../kernel/errors.ts';
import { newGuid } from '../../kernel/ids.ts';
import { fieldOf, isObject, type Json, objectField, textField } from '../wire-fields.ts';
import { evaluateValue, type TemplateScope } from './evaluate-template.ts';
import type { PlannedResource, Template } from './read-template.ts';

/** Asks Resource Manager, as whoever deploys. */
export type Send = (
  method: 'GET' | 'PUT' | 'POST',
  /** With its query. */
  url: string,
  body?: unknown,
) => Promise<{ readonly status: number; readonly body: unknown; readonly operation?: string }>;

/** What was done about one resource, as a list of operations shows it. */
export type DeploymentOperation = {
  readonly operationId: string;
  readonly provisioningOperation: 'Create' | 'EvaluateDeploymentOutput';
  readonly provisioningState: 'Succeeded' | 'Failed';
  readonly timestamp: string;
  /** ISO 8601. */
  readonly duration: string;
  readonly statusCode: string;
  readonly statusMessage?: unknown;
  readonly targetResource?: { readonly id: string; readonly resourceType: string; readonly resourceName: string };
};

export type DeploymentResult = {
  readonly operations: readonly DeploymentOperation[];
  readonly outputs: Json;
  readonly outputResources: readonly { readonly id: string }[];
  /** As the service words it. */
  readonly error?: Json;
};

/** Fields of a template's resource that say when and where it is made, not what. */
const CONTROL = new Set([
  'apiversion',
  'comments',
  'condition',
  'copy',
  'dependson',
  'metadata',
  'name',
  'resourcegroup',
  'scope',
  'subscriptionid',
  'type',
]);
const POLL_MS = 100;
const MOST_POLLS = 6000;

/** An ISO 8601 duration. */
export function isoDuration(milliseconds: number): string {
  return `PT${Math.max(0, milliseconds) / 1000}S`;
}

/**
 * Makes the resources of a template, each by a request of its own, after those that it waits for. What waits for one that failed is left out; the
 * others are made (documented). Nothing is thrown for what a resource's request answers: it is in the operations.
 */
export async function deployTemplate(template: Template, send: Send, clock: Clock): Promise<DeploymentResult> {
  const operations: DeploymentOperation[] = [];
  const failed = new Set<string>();
  const made: { id: string }[] = [];
  const causes: Json[] = [];
  const note = async (
    provisioningOperation: DeploymentOperation['provisioningOperation'],
    resource: PlannedResource | undefined,
    work: () => Promise<string>,
  ): Promise<boolean> => {
    const began = clock.now().getTime();
    let statusCode = 'OK';
    let error: Json | undefined;
    try {
      statusCode = await work();
    } catch (thrown) {
      if (!(thrown instanceof DomainError)) throw thrown;
      const { statusCode: given, ...said } = isObject(thrown.details) ? thrown.details : ({} as Json);
      error = { code: thrown.wire ?? 'InvalidTemplate', message: thrown.message, ...said };
      statusCode = typeof given === 'string' ? given : 'BadRequest';
      causes.push({ ...(resource ? { target: resource.id } : {}), ...error });
    }
    operations.push({
      operationId: newGuid().replaceAll('-', '').toUpperCase(),
      provisioningOperation,
      provisioningState: error ? 'Failed' : 'Succeeded',
      timestamp: clock.now().toISOString(),
      duration: isoDuration(clock.now().getTime() - began),
      statusCode,
      ...(error ? { statusMessage: { status: 'Failed', error } } : {}),
      ...(resource
        ? { targetResource: { id: resource.id, resourceType: resource.type, resourceName: resource.name } }
        : {}),
    });
    return error === undefined;
  };

  for (const resource of template.resources) {
    const key = resource.id.toLowerCase();
    if (resource.after.some((one) => failed.has(one))) {
      failed.add(key);
      continue;
    }
    const isMade = await note('Create', resource, async () => {
      const body = await bodyOf(resource, running(resource.scope, template, send));
      const answer = await ended(
        send,
        clock,
        await send('PUT', `${resource.id}?api-version=${resource.apiVersion}`, body),
      );
      return answer.status === 201 ? 'Created' : 'OK';
    });
    if (isMade) made.push({ id: resource.id });
    else failed.add(key);
  }
  const outputs: Record<string, Json> = {};
  if (causes.length === 0 && Object.keys(template.outputs).length > 0)
    await note('EvaluateDeploymentOutput', undefined, async () => {
      const scope = running(template.scope, template, send);
      for (const [name, output] of Object.entries(template.outputs)) {
        if ((await evaluateValue(fieldOf(output, 'condition') ?? true, scope)) !== true) continue;
        const type = textField(output, 'type') ?? 'string';
        const value = await evaluateValue(fieldOf(output, 'value'), scope);
        outputs[name] = { type, ...(/^secure/i.test(type) ? {} : { value }) };
      }
      return 'OK';
    });
  return {
    operations,
    outputs,
    outputResources: made,
    ...(causes.length === 0
      ? {}
      : {
          error: {
            code: 'DeploymentFailed',
            message:
              'At least one resource deployment operation failed. Please list deployment operations for details. Please see https://aka.ms/arm-deployment-operations for usage details.',
            details: causes,
          },
        }),
  };
}

/** What a resource is made with. A nested template whose expressions are its own is handed on as it is. */
async function bodyOf(resource: PlannedResource, scope: TemplateScope): Promise<Json> {
  const own = Object.fromEntries(Object.entries(resource.body).filter(([key]) => !CONTROL.has(key.toLowerCase())));
  const isNested = resource.type.toLowerCase() === 'microsoft.resources/deployments';
  const properties = objectField(own, 'properties');
  const options = objectField(properties, 'expressionEvaluationOptions');
  if (!isNested || textField(options, 'scope')?.toLowerCase() !== 'inner')
    return (await evaluateValue(own, scope)) as Json;
  const { template, ...others } = properties;
  const evaluated = (await evaluateValue({ ...own, properties: others }, scope)) as Json;
  return { ...evaluated, properties: { ...objectField(evaluated, 'properties'), template } };
}

/** A scope that can read what is there by now. */
function running(scope: TemplateScope, template: Template, send: Send): TemplateScope {
  const find = (idOrName: string) =>
    template.resources.find((one) => one.id.toLowerCase() === idOrName.toLowerCase()) ??
    template.resources.find((one) => one.name.toLowerCase() === idOrName.toLowerCase());
  return {
    ...scope,
    async reference(idOrName, apiVersion, full) {
      const known = find(idOrName);
      const id = known?.id ?? idOrName;
      if (!id.startsWith('/'))
        throw notFound(`'reference' names '${id.slice(0, 200)}', which is no resource of the template and no id.`, {
          wire: 'InvalidTemplate',
        });
      const { body } = accepted(
        await send('GET', `${id}?api-version=${apiVersion ?? known?.apiVersion ?? '2024-04-01'}`),
      );
      return full ? body : (fieldOf(body, 'properties') ?? {});
    },
    async list(action, id, apiVersion) {
      return accepted(await send('POST', `${find(id)?.id ?? id}/${action}?api-version=${apiVersion}`, {})).body;
    },
  };
}

/** @throws what the answer says of itself when it is no success */
function accepted<T extends { status: number; body: unknown }>(answer: T): T {
  if (answer.status < 400) return answer;
  const error = objectField(answer.body, 'error');
  throw new DomainError('invalid', textField(error, 'message') ?? `Resource Manager answered ${answer.status}.`, {
    wire: textField(error, 'code') ?? 'BadRequest',
    details: { code: 'BadRequest', ...error, statusCode: String(answer.status) },
  });
}

/** Waits for the end of what goes on after its answer. */
async function ended(send: Send, clock: Clock, answer: Awaited<ReturnType<Send>>): Promise<Awaited<ReturnType<Send>>> {
  accepted(answer);
  if (answer.operation === undefined) return answer;
  for (let look = 0; look < MOST_POLLS; look += 1) {
    const { body } = accepted(await send('GET', answer.operation));
    const status = textField(body, 'status')?.toLowerCase();
    if (status === 'succeeded') return answer;
    if (status === 'failed' || status === 'canceled')
      return accepted({ status: 400, body, operation: answer.operation });
    await new Promise<void>((resolve) => clock.after(POLL_MS, resolve));
  }
  throw new DomainError('unavailable', 'A resource of the deployment was not ready after ten minutes.');
}
