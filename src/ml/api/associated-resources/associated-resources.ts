import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { notFound } from '../../../kernel/errors.ts';
import {
  type ArmContext,
  callerName,
  checkCaller,
  checkGroup,
  groupNotFound,
  page,
  provideGroup,
} from '../../arm/context.ts';
import { resourceFrame } from '../../arm/stored-resource-wire.ts';
import type { AssociatedKind } from '../../associated-resources.ts';
import type { StoredResource } from '../../stored-resources.ts';
import { isObject, type Json, objectField, textField, textsField } from '../../wire-fields.ts';
import { addVaultSecretRoutes } from './vault-secrets.ts';

type Named = { subscriptionId: string; resourceGroup?: string; provider: string; type: string; name?: string };

/** What a workspace is made with: storage account, vault, insights, log analytics, container registry, identities of users. */
export function addAssociatedResourceRoutes(service: FastifyInstance, context: ArmContext): void {
  const { resources, associated } = context;
  const SUBSCRIPTION = '/subscriptions/:subscriptionId/providers/:provider/:type';
  const GROUP = '/subscriptions/:subscriptionId/resourceGroups/:resourceGroup/providers/:provider/:type';
  const ONE = `${GROUP}/:name`;
  const wire = (kind: AssociatedKind, one: StoredResource) => ({ ...resourceFrame(one, kind.type), ...one.document });

  /** Answers for the kinds that are here; the others are nobody's, as if there were no such route. */
  const forKind =
    (answer: (request: FastifyRequest, kind: AssociatedKind, named: Named, reply: FastifyReply) => Promise<unknown>) =>
    async (request: FastifyRequest, reply: FastifyReply) => {
      const named = request.params as Named;
      const kind = associated.kind(`${named.provider}/${named.type}`);
      if (!kind) {
        reply.callNotFound();
        return reply;
      }
      checkCaller(request.principal);
      checkGroup(named.subscriptionId, named.resourceGroup ?? 'any');
      return answer(request, kind, named, reply);
    };
  const idOf = (kind: AssociatedKind, named: Named) =>
    `/subscriptions/${named.subscriptionId}/resourceGroups/${named.resourceGroup}/providers/${kind.type}/${named.name}`;
  const need = async (kind: AssociatedKind, named: Named) => {
    const found = await resources.find(idOf(kind, named));
    if (found) return found;
    const group = named.resourceGroup as string;
    if (!(await context.workspaces.hasGroup(named.subscriptionId, group))) throw groupNotFound(group);
    throw notFound(
      `The Resource '${kind.type}/${named.name}' under resource group '${group}' was not found. Create it by a PUT, or with a workspace.`,
    );
  };

  service.get(
    SUBSCRIPTION,
    forKind(async (request, kind, named) => {
      const all = await resources.below(`/subscriptions/${named.subscriptionId}`);
      const own = new RegExp(`/providers/${kind.type.replaceAll('.', '\\.')}/[^/]+$`, 'i');
      return page(
        request,
        all.filter((one) => own.test(one.id)).map((one) => wire(kind, one)),
      );
    }),
  );
  service.get(
    GROUP,
    forKind(async (request, kind, named) => {
      const found = await resources.list(
        `/subscriptions/${named.subscriptionId}/resourceGroups/${named.resourceGroup}/providers/${kind.type}`,
      );
      return page(
        request,
        found.map((one) => wire(kind, one)),
      );
    }),
  );
  service.get(
    ONE,
    forKind(async (_request, kind, named) => wire(kind, await need(kind, named))),
  );
  service.put(
    ONE,
    forKind(async (request, kind, named) => {
      const group = named.resourceGroup as string;
      if (context.provision.may(request)) await provideGroup(context, request, named.subscriptionId, group);
      else if (!(await context.workspaces.hasGroup(named.subscriptionId, group))) throw groupNotFound(group);
      const { resource } = await associated.put(idOf(kind, named), bodyOf(request), callerName(request.principal));
      return wire(kind, resource);
    }),
  );
  service.patch(
    ONE,
    forKind(async (request, kind, named) => {
      const found = await need(kind, named);
      const body = bodyOf(request);
      const tags = { ...objectField(found.document, 'tags'), ...textsField(body, 'tags') };
      const { resource } = await associated.put(found.id, { ...body, tags }, callerName(request.principal));
      return wire(kind, resource);
    }),
  );
  service.delete(
    ONE,
    forKind(async (_request, kind, named, reply) => {
      const removed = await resources.remove(idOf(kind, named));
      return reply.code(removed ? 200 : 204).send();
    }),
  );

  // The blob service knows one key of an account, the first.
  service.post(
    '/subscriptions/:subscriptionId/resourceGroups/:resourceGroup/providers/Microsoft.Storage/storageAccounts/:name/listKeys',
    async (request) => {
      checkCaller(request.principal);
      const kind = associated.kind('Microsoft.Storage/storageAccounts') as AssociatedKind;
      const found = await need(kind, request.params as Named);
      const name = found.id.slice(found.id.lastIndexOf('/') + 1);
      return { keys: [{ keyName: 'key1', permissions: 'FULL', value: await context.blobs.accountKey(name) }] };
    },
  );
  addVaultSecretRoutes(service, context, (request) =>
    need(associated.kind('Microsoft.KeyVault/vaults') as AssociatedKind, {
      ...(request.params as Named),
      name: textField(request.params, 'vault') ?? '',
    }),
  );
}

function bodyOf(request: FastifyRequest): Json {
  return isObject(request.body) ? request.body : {};
}
