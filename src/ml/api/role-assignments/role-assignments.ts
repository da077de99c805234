import type { FastifyInstance, FastifyRequest } from 'fastify';
import { conflict, invalid, notFound, notImplemented } from '../../../kernel/errors.ts';
import { type ArmContext, callerName, checkCaller, checkGroup, page, query, wireTime } from '../../arm/context.ts';
import type { StoredResource } from '../../stored-resources.ts';
import { objectField, textField } from '../../wire-fields.ts';
import { BUILT_IN_ROLES } from './built-in-roles.ts';

/** What a role can be given on: a subscription, a group, a resource of it. */
const SCOPES = [
  '/subscriptions/:subscriptionId',
  '/subscriptions/:subscriptionId/resourceGroups/:resourceGroup',
  '/subscriptions/:subscriptionId/resourceGroups/:resourceGroup/providers/:provider/:type/:name',
];
const ASSIGNMENTS = '/providers/Microsoft.Authorization/roleAssignments';
const DEFINITIONS = '/providers/Microsoft.Authorization/roleDefinitions';
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

type Named = {
  subscriptionId: string;
  resourceGroup?: string;
  provider?: string;
  type?: string;
  name?: string;
  assignment?: string;
};

function scopeOf(named: Named): string {
  const subscription = `/subscriptions/${named.subscriptionId}`;
  if (named.resourceGroup === undefined) return subscription;
  const group = `${subscription}/resourceGroups/${named.resourceGroup}`;
  return named.provider === undefined ? group : `${group}/providers/${named.provider}/${named.type}/${named.name}`;
}

const scopeOfAssignment = (id: string) => id.slice(0, id.toLowerCase().lastIndexOf(ASSIGNMENTS.toLowerCase()));

/** Role assignments: kept and given back. Who may do what is not judged by them: a server serves one user, and a token is let in or is not. */
export function addRoleAssignmentRoutes(service: FastifyInstance, context: ArmContext): void {
  const { resources } = context;
  const read = (request: FastifyRequest) => {
    checkCaller(request.principal);
    const named = request.params as Named;
    checkGroup(named.subscriptionId, named.resourceGroup ?? 'any');
    const scope = scopeOf(named);
    return { scope, id: `${scope}${ASSIGNMENTS}/${named.assignment ?? ''}` };
  };
  const wire = (one: StoredResource) => ({
    id: one.id,
    name: one.id.slice(one.id.lastIndexOf('/') + 1),
    type: 'Microsoft.Authorization/roleAssignments',
    properties: {
      ...one.document,
      scope: scopeOfAssignment(one.id),
      createdOn: wireTime(one.createdAt),
      createdBy: one.createdBy,
      updatedOn: wireTime(one.modifiedAt ?? one.createdAt),
      updatedBy: one.createdBy,
    },
  });
  /** Those of a scope, of what it is in and of what is in it. */
  const around = async (scope: string, subscriptionId: string) => {
    const key = scope.toLowerCase();
    const all = await resources.below(`/subscriptions/${subscriptionId}`);
    return all
      .filter((one) => one.id.toLowerCase().includes(`${ASSIGNMENTS.toLowerCase()}/`))
      .map((one) => ({ one, at: scopeOfAssignment(one.id).toLowerCase() }))
      .filter(({ at }) => at === key || key.startsWith(`${at}/`) || at.startsWith(`${key}/`));
  };
  const roleWire = (role: (typeof BUILT_IN_ROLES)[number], subscriptionId: string) => ({
    id: `/subscriptions/${subscriptionId}${DEFINITIONS}/${role.id}`,
    name: role.id,
    type: 'Microsoft.Authorization/roleDefinitions',
    properties: {
      roleName: role.name,
      type: 'BuiltInRole',
      description: role.description,
      assignableScopes: ['/'],
      permissions: [],
    },
  });

  for (const base of SCOPES) {
    service.get(`${base}${ASSIGNMENTS}`, async (request) => {
      const { scope } = read(request);
      const found = await around(scope, (request.params as Named).subscriptionId);
      const fits = readFilter(query(request, '$filter'));
      return page(
        request,
        found
          .filter(({ one, at }) => fits(textField(one.document, 'principalId') ?? '', at, scope.toLowerCase()))
          .map(({ one }) => wire(one)),
      );
    });
    service.get(`${base}${ASSIGNMENTS}/:assignment`, async (request) => {
      const found = await resources.find(read(request).id);
      if (found) return wire(found);
      throw notFound(`The role assignment '${(request.params as Named).assignment}' is not found.`, {
        wire: 'RoleAssignmentNotFound',
      });
    });
    service.put(`${base}${ASSIGNMENTS}/:assignment`, async (request, reply) => {
      const { scope, id } = read(request);
      const named = request.params as Named;
      if (!GUID.test(named.assignment ?? ''))
        throw invalid(`'${named.assignment?.slice(0, 80)}' is not a role assignment's name: a GUID is.`, {
          wire: 'InvalidRoleAssignmentId',
        });
      const properties = objectField(request.body, 'properties');
      const [role, principal] = [textField(properties, 'roleDefinitionId'), textField(properties, 'principalId')];
      if (!role || !principal)
        throw invalid("A role assignment needs 'properties.roleDefinitionId' and 'properties.principalId'.", {
          target: role ? 'properties.principalId' : 'properties.roleDefinitionId',
        });
      const roleId = role.slice(role.lastIndexOf('/') + 1).toLowerCase();
      const same = (await resources.list(`${scope}${ASSIGNMENTS}`)).find(
        (one) =>
          one.id.toLowerCase() !== id.toLowerCase() &&
          textField(one.document, 'principalId')?.toLowerCase() === principal.toLowerCase() &&
          textField(one.document, 'roleDefinitionId')?.toLowerCase().endsWith(`/${roleId}`),
      );
      // Words and code as users of the service quote them.
      if (same) throw conflict('The role assignment already exists.', { wire: 'RoleAssignmentExists' });
      const { resource, created } = await resources.put(
        id,
        {
          principalType: 'ServicePrincipal',
          ...properties,
          principalId: principal,
          roleDefinitionId: role.includes('/') ? role : `/subscriptions/${named.subscriptionId}${DEFINITIONS}/${role}`,
        },
        callerName(request.principal),
      );
      return reply.code(created ? 201 : 200).send(wire(resource));
    });
    service.delete(`${base}${ASSIGNMENTS}/:assignment`, async (request, reply) => {
      const { id } = read(request);
      const found = await resources.find(id);
      if (!found) return reply.code(204).send();
      await resources.remove(id);
      return wire(found);
    });
    service.get(`${base}${DEFINITIONS}`, async (request) => {
      read(request);
      const filter = query(request, '$filter') ?? '';
      const name = /roleName\s+eq\s+'([^']*)'/i.exec(filter)?.[1]?.toLowerCase();
      const found = BUILT_IN_ROLES.filter((role) => name === undefined || role.name.toLowerCase() === name);
      return { value: found.map((role) => roleWire(role, (request.params as Named).subscriptionId)) };
    });
    service.get(`${base}${DEFINITIONS}/:assignment`, async (request) => {
      read(request);
      const { assignment, subscriptionId } = request.params as Named;
      const role = BUILT_IN_ROLES.find((one) => one.id === assignment?.toLowerCase());
      if (role) return roleWire(role, subscriptionId);
      throw notFound(`The role definition '${assignment}' is not here: only usual built-in roles are.`, {
        wire: 'RoleDefinitionDoesNotExist',
      });
    });
  }
}

/** @throws not-implemented for another filter than those by principal and `atScope()` */
function readFilter(filter: string | undefined): (principalId: string, at: string, scope: string) => boolean {
  if (filter === undefined || filter.trim() === '') return () => true;
  const terms = filter.split(/\s+and\s+/i).map((term) => {
    if (/^\s*atScope\(\)\s*$/i.test(term)) return { kind: 'scope' } as const;
    const principal = /^\s*(?:principalId\s+eq\s+'([^']*)'|assignedTo\('([^']*)'\))\s*$/i.exec(term);
    if (!principal) throw notImplemented(`the filter ${term.slice(0, 100)} on role assignments`);
    return { kind: 'principal', id: (principal[1] ?? principal[2] ?? '').toLowerCase() } as const;
  });
  return (principalId, at, scope) =>
    terms.every((term) =>
      term.kind === 'principal' ? principalId.toLowerCase() === term.id : at === scope || scope.startsWith(`${at}/`),
    );
}
