import type { FastifyRequest } from 'fastify';
import { forbidden, invalid, notFound } from '../../kernel/errors.ts';
import { CURATED_REGISTRY } from '../places.ts';
import { isCuratedRegistry, type Registry } from '../registries.ts';
import type { WorkspaceScope } from '../types.ts';
import { type ArmContext, checkCaller, checkGroup, groupNotFound, PROVIDER, parameter } from './context.ts';

/** The path of a registry, for routes. */
export const REGISTRY = `/subscriptions/:subscriptionId/resourceGroups/:resourceGroup/providers/${PROVIDER}/registries/:registry`;

const REGISTRY_NAME = /^[A-Za-z0-9][\w-]{1,32}$/;

/** Where the registry of a request's path is. @throws invalid for names that Azure would refuse */
export function registryScopeOf(request: FastifyRequest): WorkspaceScope {
  const scope = {
    subscriptionId: parameter(request, 'subscriptionId'),
    resourceGroup: parameter(request, 'resourceGroup'),
    name: parameter(request, 'registry'),
  };
  checkGroup(scope.subscriptionId, scope.resourceGroup);
  if (!REGISTRY_NAME.test(scope.name))
    throw invalid(
      `'${scope.name.slice(0, 80)}' is not a registry's name: 2 to 33 letters, digits, hyphens and underscores.`,
      { target: 'name' },
    );
  return scope;
}

/**
 * The registry in the request's path. None is ever made on the way.
 * @throws not-found; forbidden for a token of another kind
 */
export async function registryOf(context: ArmContext, request: FastifyRequest): Promise<Registry> {
  checkCaller(request.principal);
  const scope = registryScopeOf(request);
  const found = await context.registries.find(scope);
  if (found) return found;
  if (!(await context.workspaces.hasGroup(scope.subscriptionId, scope.resourceGroup)))
    throw groupNotFound(scope.resourceGroup);
  const next =
    scope.name.toLowerCase() === CURATED_REGISTRY
      ? `It is the registry with the curated environments and in no group of yours: az ml environment list --registry-name ${CURATED_REGISTRY}.`
      : `Create it: az ml registry create --name ${scope.name} --resource-group ${scope.resourceGroup} --file registry.yml.`;
  throw notFound(
    `The Resource '${PROVIDER}/registries/${scope.name}' under resource group '${scope.resourceGroup}' was not found. ${next}`,
  );
}

/**
 * The registry in the path of a request that changes it or what is in it.
 * @throws as `registryOf`; forbidden for the registry with the curated environments
 */
export async function writableRegistryOf(context: ArmContext, request: FastifyRequest): Promise<Registry> {
  return checkWritable(await registryOf(context, request));
}

/** @throws forbidden for the registry with the curated environments */
export function checkWritable(registry: Registry): Registry {
  if (isCuratedRegistry(registry))
    throw forbidden(
      `The registry '${registry.name}' holds the curated environments and can only be read. Use a registry of your own: az ml registry create --file registry.yml.`,
      { wire: 'UserError' },
    );
  return registry;
}
