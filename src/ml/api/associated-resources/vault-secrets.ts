import type { FastifyInstance, FastifyRequest } from 'fastify';
import { invalid, notFound } from '../../../kernel/errors.ts';
import { type ArmContext, callerName, checkCaller, page, parameter } from '../../arm/context.ts';
import { resourceFrame } from '../../arm/stored-resource-wire.ts';
import type { StoredResource } from '../../stored-resources.ts';
import { fieldOf, flagField, objectField, textField } from '../../wire-fields.ts';

const SECRETS =
  '/subscriptions/:subscriptionId/resourceGroups/:resourceGroup/providers/Microsoft.KeyVault/vaults/:vault/secrets';
const SECRET_NAME = /^[A-Za-z0-9-]{1,127}$/;
/** The service's own limit of a value, in characters (documented). */
const LONGEST = 25_600;

/** Secrets of a vault, as Resource Manager sets them: it never gives a value back. They are sealed at rest. */
export function addVaultSecretRoutes(
  service: FastifyInstance,
  context: ArmContext,
  vaultOf: (request: FastifyRequest) => Promise<StoredResource>,
): void {
  const { resources } = context;
  const wire = (secret: StoredResource) => ({
    ...resourceFrame(secret, 'Microsoft.KeyVault/vaults/secrets'),
    ...secret.document,
  });
  const find = async (request: FastifyRequest) => {
    checkCaller(request.principal);
    const vault = await vaultOf(request);
    const id = `${vault.id}/secrets/${parameter(request, 'name')}`;
    return { vault, id, found: await resources.find(id) };
  };

  service.get(SECRETS, async (request) => {
    checkCaller(request.principal);
    const vault = await vaultOf(request);
    return page(request, (await resources.list(`${vault.id}/secrets`)).map(wire));
  });
  service.get(`${SECRETS}/:name`, async (request) => {
    const { vault, found } = await find(request);
    if (found) return wire(found);
    throw notFound(`There is no secret '${parameter(request, 'name')}' in ${vault.id}.`, { wire: 'SecretNotFound' });
  });
  service.put(`${SECRETS}/:name`, async (request, reply) => {
    const { vault, id, found } = await find(request);
    const name = parameter(request, 'name');
    if (!SECRET_NAME.test(name))
      throw invalid(`'${name.slice(0, 80)}' is not a secret's name: 1 to 127 letters, digits and hyphens.`, {
        target: 'name',
      });
    const properties = objectField(request.body, 'properties');
    const value = textField(properties, 'value');
    if (value === undefined || value.length > LONGEST)
      throw invalid(`The secret '${name}' needs 'properties.value', a text of at most ${LONGEST} characters.`, {
        target: 'properties.value',
      });
    const uri = `${textField(objectField(vault.document, 'properties'), 'vaultUri')}secrets/${name}`;
    const contentType = textField(properties, 'contentType');
    const { resource } = await resources.put(
      id,
      {
        location: textField(vault.document, 'location') ?? 'eastus',
        tags: fieldOf(request.body, 'tags') ?? {},
        properties: {
          ...(contentType === undefined ? {} : { contentType }),
          attributes: { enabled: flagField(objectField(properties, 'attributes'), 'enabled') ?? true },
          secretUri: uri,
        },
      },
      callerName(request.principal),
      { value },
    );
    return reply.code(found ? 200 : 201).send(wire(resource));
  });
}
