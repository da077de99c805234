import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Args, Command, Context } from '../../command.ts';
import { commandError } from '../../errors.ts';
import { type Credential, openProfile, type ProfileSubscription } from '../../profile.ts';
import { ARM_RESOURCE } from '../../session.ts';
import { clientCredentialsToken, managedIdentityToken, scopeOf, type Token, tokenClaims } from '../../tokens.ts';
import { accountView } from '../account/view.ts';

export const command: Command = {
  name: 'login',
  summary: 'Log in to Azure.',
  description: 'Against the local Millrace server: as a service principal or as the machine’s managed identity.',
  arguments: [
    {
      name: 'service_principal',
      options: ['--service-principal'],
      kind: 'flag',
      help: 'Log in with a service principal.',
    },
    {
      name: 'username',
      options: ['--username', '-u'],
      kind: 'value',
      help: 'User name or service principal client ID.',
    },
    { name: 'password', options: ['--password', '-p'], kind: 'value', help: 'Service principal client secret.' },
    {
      name: 'certificate',
      options: ['--certificate'],
      kind: 'value',
      help: 'PEM file with key and public certificate.',
    },
    {
      name: 'federated_token',
      options: ['--federated-token'],
      kind: 'value',
      help: 'Federated token for OIDC exchange.',
    },
    { name: 'tenant', options: ['--tenant', '-t'], kind: 'value', help: 'The Microsoft Entra tenant.' },
    { name: 'identity', options: ['--identity', '-i'], kind: 'flag', help: 'Log in using managed identity.' },
    {
      name: 'client_id',
      options: ['--client-id'],
      kind: 'value',
      help: 'Client ID of the user-assigned managed identity.',
    },
    {
      name: 'object_id',
      options: ['--object-id'],
      kind: 'value',
      help: 'Object ID of the user-assigned managed identity.',
    },
    {
      name: 'resource_id',
      options: ['--resource-id'],
      kind: 'value',
      help: 'Resource ID of the user-assigned managed identity.',
    },
    {
      name: 'allow_no_subscriptions',
      options: ['--allow-no-subscriptions'],
      kind: 'flag',
      help: 'Support accessing tenants without subscriptions.',
    },
    { name: 'use_device_code', options: ['--use-device-code'], kind: 'flag', help: 'Use device code flow.' },
    { name: 'scope', options: ['--scope'], kind: 'list', hidden: true, help: 'Scopes used in the /authorize request.' },
  ],
  examples: [
    {
      text: 'Log in with a service principal using client secret',
      command: 'az login --service-principal --username APP_ID --password CLIENT_SECRET --tenant TENANT_ID',
    },
    { text: 'Log in with a system-assigned managed identity', command: 'az login --identity' },
  ],
  async run(context, args) {
    const identity = args.flag('identity');
    if (identity && (args.flag('service_principal') || args.text('password') || args.text('tenant'))) {
      throw commandError("usage error: '--identity' is not applicable with other arguments");
    }
    if (identity) return loginWithIdentity(context, args);
    if (args.flag('service_principal')) return loginWithPrincipal(context, args);
    throw commandError(
      'not implemented: az login as a person. Use --service-principal or --identity; both work against Millrace.',
    );
  },
};

async function loginWithPrincipal(context: Context, args: Args): Promise<unknown> {
  const clientId = args.text('username');
  const tenant = args.text('tenant');
  if (!clientId || !tenant) {
    throw commandError('usage error: --service-principal --username NAME --password SECRET --tenant TENANT');
  }
  const password = args.text('password');
  const certificate = args.text('certificate');
  const federatedToken = args.text('federated_token');
  if (!password && !certificate && !federatedToken) {
    throw commandError('Please specify both username and password in non-interactive mode.');
  }
  const credential: Credential = {
    clientId,
    tenant,
    ...(password ? { clientSecret: password } : {}),
    ...(certificate ? { certificate: absoluteCertificate(certificate, context.io.cwd) } : {}),
    ...(federatedToken ? { federatedToken } : {}),
  };
  const token = await clientCredentialsToken(await context.http(), credential, scopeOf(ARM_RESOURCE));
  // `common` or a domain stands for the tenant that the token names; that one is remembered.
  const named = String(tokenClaims(token.accessToken)['tid'] ?? '');
  const ownTenant = /^[0-9a-f-]{36}$/i.test(tenant) || !named ? tenant : named;
  const answer = await remember(context, args, token, { name: clientId, type: 'servicePrincipal' }, ownTenant);
  openProfile(context.config.directory).saveCredential({ ...credential, tenant: ownTenant });
  return answer;
}

function absoluteCertificate(file: string, cwd: string): string {
  const path = resolve(cwd, file);
  try {
    readFileSync(path);
  } catch (cause) {
    throw commandError(`Cannot read the certificate '${file}': ${(cause as Error).message}`, { cause });
  }
  return path;
}

async function loginWithIdentity(context: Context, args: Args): Promise<unknown> {
  const clientId = args.text('client_id') ?? args.text('username');
  const objectId = args.text('object_id');
  const resourceId = args.text('resource_id');
  const http = await context.http();
  const selector = {
    ...(clientId ? { clientId } : {}),
    ...(objectId ? { objectId } : {}),
    ...(resourceId ? { resourceId } : {}),
  };
  const token = await managedIdentityToken(http, context.io.env, ARM_RESOURCE, selector);
  const info = clientId
    ? `MSIClient-${clientId}`
    : objectId
      ? `MSIObject-${objectId}`
      : resourceId
        ? `MSIResource-${resourceId}`
        : 'MSI';
  const name = info === 'MSI' ? 'systemAssignedIdentity' : 'userAssignedIdentity';
  return remember(context, args, token, { name, type: 'servicePrincipal', assignedIdentityInfo: info });
}

/** Reads the subscriptions that the new user sees, and makes the first the default unless one already is. */
async function remember(
  context: Context,
  args: Args,
  token: Token,
  user: ProfileSubscription['user'],
  tenant?: string,
): Promise<unknown> {
  const tenantId = String(tokenClaims(token.accessToken)['tid'] ?? tenant ?? token.tenant);
  const found = await listSubscriptions(context, token);
  const profile = openProfile(context.config.directory);
  if (found.length === 0 && !args.flag('allow_no_subscriptions')) {
    throw commandError(`No subscriptions found for ${user.name}.`, {
      advice: ['Create one on the server, or pass --allow-no-subscriptions to log in to the tenant alone.'],
    });
  }
  const seen = found.length
    ? found
    : [
        {
          subscriptionId: tenantId,
          displayName: 'N/A(tenant level account)',
          state: 'Enabled',
          tenantId,
          managedByTenants: [],
        },
      ];
  const others = profile.subscriptions().filter((old) => !seen.some((one) => one.subscriptionId === old.id));
  const wasDefault = profile.subscriptions().find((old) => old.isDefault)?.id;
  const chosen = seen.some((one) => one.subscriptionId === wasDefault) ? wasDefault : seen[0]?.subscriptionId;
  const added = seen.map(
    (one): ProfileSubscription => ({
      id: one.subscriptionId,
      name: one.displayName,
      state: one.state ?? 'Enabled',
      tenantId: tenant ?? one.tenantId ?? tenantId,
      homeTenantId: one.tenantId ?? tenantId,
      environmentName: 'AzureCloud',
      isDefault: one.subscriptionId === chosen,
      managedByTenants: one.managedByTenants ?? [],
      user,
    }),
  );
  profile.save([...others.map((old) => ({ ...old, isDefault: false })), ...added]);
  return added.map(accountView);
}

type WireSubscription = {
  subscriptionId: string;
  displayName: string;
  state?: string;
  tenantId?: string;
  managedByTenants?: unknown[];
};

async function listSubscriptions(context: Context, token: Token): Promise<WireSubscription[]> {
  const { createArm } = await import('../../arm.ts');
  const user = { name: '', type: '' };
  const subscription = {
    id: '',
    name: '',
    state: '',
    tenantId: '',
    homeTenantId: '',
    environmentName: '',
    isDefault: false,
    managedByTenants: [],
    user,
  };
  const arm = createArm(await context.http(), { subscription, token: async () => token });
  return arm.list<WireSubscription>({ path: '/subscriptions', apiVersion: '2022-12-01' });
}
