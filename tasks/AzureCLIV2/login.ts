import { randomUUID } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TaskContext, TaskEndpoint } from '../../src/contracts/task.ts';

export type Identity = {
  readonly clientId?: string;
  readonly tenantId?: string;
  readonly secret?: string;
  readonly idToken?: string;
};

/**
 * Logs `az` in by the connection's scheme (documented). Secrets go by a file that az reads (`@file`), so that no process list shows them.
 * @returns who is logged in, or what went wrong
 */
export async function login(
  context: TaskContext,
  endpoint: TaskEndpoint,
  temp: string,
  runAz: (...args: string[]) => Promise<number>,
): Promise<Identity | { readonly fault: string }> {
  const parameters = new Map(
    Object.entries(endpoint.authorization.parameters).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const clientId = parameters.get('serviceprincipalid') ?? '';
  const tenantId = parameters.get('tenantid') ?? '';
  const fault = { fault: `az login failed for the service connection '${endpoint.name}'; az's own message is above.` };
  const principal = ['login', '--service-principal', '-u', clientId, '--tenant', tenantId, '--allow-no-subscriptions'];
  const withFile = async (content: string, extension: string, args: (file: string) => string[]) => {
    const file = join(temp, `${randomUUID()}.${extension}`);
    writeFileSync(file, content, { mode: 0o600 });
    try {
      return await runAz(...principal, ...args(file));
    } finally {
      rmSync(file, { force: true });
    }
  };

  switch (endpoint.authorization.scheme.toLowerCase()) {
    case 'serviceprincipal': {
      const certificate = parameters.get('serviceprincipalcertificate');
      if (parameters.get('authenticationtype')?.toLowerCase() === 'spncertificate' && certificate) {
        context.setSecret(certificate);
        const code = await withFile(certificate, 'pem', (file) => ['--certificate', file]);
        return code === 0 ? { clientId, tenantId } : fault;
      }
      const secret = parameters.get('serviceprincipalkey') ?? '';
      if (secret === '')
        return { fault: `The service connection '${endpoint.name}' has no key. Set its service principal key.` };
      context.setSecret(secret);
      const code = await withFile(secret, 'txt', (file) => ['--password', `@${file}`]);
      return code === 0 ? { clientId, tenantId, secret } : fault;
    }
    case 'workloadidentityfederation': {
      const idToken = await context.server.oidcToken(endpoint.id);
      context.setSecret(idToken);
      const code = await withFile(idToken, 'txt', (file) => ['--federated-token', `@${file}`]);
      return code === 0 ? { clientId, tenantId, idToken } : fault;
    }
    case 'managedserviceidentity': {
      const code = await runAz('login', '--identity', '--allow-no-subscriptions');
      return code === 0 ? { ...(tenantId ? { tenantId } : {}) } : fault;
    }
    default:
      return {
        fault: `The scheme '${endpoint.authorization.scheme}' of the service connection '${endpoint.name}' can't log in to Azure. Use ServicePrincipal, WorkloadIdentityFederation or ManagedServiceIdentity.`,
      };
  }
}
