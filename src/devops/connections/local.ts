import type { DevopsDeps } from '../deps.ts';
import { addConnection, type Connection, findConnection, markSecrets } from './connections.ts';

/**
 * Makes the connection that a pipeline names and that isn't there: what local mode does instead of failing.
 * @param type as the task's manifest spells it (`AzureRM`, `generic`, …)
 * @returns the connection and the line that tells the user, or only the connection when it was there by now
 */
export async function provideConnection(
  deps: DevopsDeps,
  projectId: string,
  type: string,
  name: string,
): Promise<{ connection: Connection; said?: string }> {
  const existing = await findConnection(deps.store.read, deps.vault, projectId, name);
  if (existing) return { connection: existing };
  const shape = type.toLowerCase() === 'azurerm' ? await azureShape(deps, name) : genericShape(type);
  return deps.store.write(async (writer) => {
    const raced = await findConnection(writer, deps.vault, projectId, name);
    if (raced) return { connection: raced };
    const connection = await addConnection(writer, deps.vault, projectId, {
      ...shape,
      name,
      description: 'Made by Millrace for a local run.',
      createdOn: deps.clock.now().toISOString(),
    });
    return { connection, said: `created service connection '${name}' (${shape.label})` };
  });
}

type Shape = Pick<Connection, 'type' | 'url' | 'scheme' | 'parameters' | 'data'> & { readonly label: string };

async function azureShape(deps: DevopsDeps, name: string): Promise<Shape> {
  const principal = await deps.local.servicePrincipal(name);
  return {
    label: 'Azure Resource Manager',
    type: 'azurerm',
    url: 'https://management.azure.com/',
    scheme: 'ServicePrincipal',
    parameters: markSecrets({
      tenantid: deps.local.tenantId,
      serviceprincipalid: principal.clientId,
      authenticationType: 'spnKey',
      serviceprincipalkey: principal.secret,
    }),
    data: {
      subscriptionId: deps.local.subscriptionId,
      subscriptionName: 'Millrace',
      environment: 'AzureCloud',
      creationMode: 'Manual',
      scopeLevel: 'Subscription',
    },
  };
}

function genericShape(type: string): Shape {
  return {
    label: type.toLowerCase() === 'generic' ? 'Generic, https://management.azure.com/' : type,
    type: type.toLowerCase(),
    url: 'https://management.azure.com/',
    scheme: 'None',
    parameters: {},
    data: {},
  };
}
