import type { Command } from '../../command.ts';
import { usageError } from '../../errors.ts';
import { ARM_RESOURCE } from '../../session.ts';

/** `--resource-type` words and their audiences (documented). */
const RESOURCE_TYPES: Readonly<Record<string, string>> = {
  'aad-graph': 'https://graph.windows.net/',
  arm: ARM_RESOURCE,
  batch: 'https://batch.core.windows.net/',
  'data-lake': 'https://datalake.azure.net/',
  media: 'https://rest.media.azure.net',
  'ms-graph': 'https://graph.microsoft.com/',
  'oss-rdbms': 'https://ossrdbms-aad.database.windows.net',
};

export const command: Command = {
  name: 'account get-access-token',
  summary: 'Get a token for utilities to access Azure.',
  arguments: [
    {
      name: 'subscription',
      options: ['--name', '--subscription', '-n', '-s'],
      kind: 'value',
      help: 'Name or ID of subscription.',
    },
    {
      name: 'resource',
      options: ['--resource'],
      kind: 'value',
      help: 'Azure resource endpoints in AAD v1.0. Default to Azure Resource Manager.',
    },
    {
      name: 'resource_type',
      options: ['--resource-type'],
      kind: 'value',
      choices: Object.keys(RESOURCE_TYPES),
      help: 'Type of well-known resource.',
    },
    { name: 'scope', options: ['--scope'], kind: 'list', help: 'Space-separated AAD scopes in AAD v2.0.' },
    { name: 'tenant', options: ['--tenant', '-t'], kind: 'value', help: 'Tenant ID for which the token is acquired.' },
  ],
  examples: [
    {
      text: 'Get an access token to use with the ARM API',
      command: 'az account get-access-token --resource https://management.azure.com',
    },
  ],
  async run(context, args) {
    const session = await context.session();
    const token = await session.token(
      resourceOf(args.text('resource'), args.text('resource_type'), args.list('scope')),
    );
    const tenant = args.text('tenant');
    if (tenant && tenant !== session.subscription.tenantId) {
      throw usageError(
        `Tenant '${tenant}' is not the one that '${session.subscription.user.name}' is logged in to. Run 'az login' with it.`,
      );
    }
    return {
      accessToken: token.accessToken,
      expiresOn: localTime(token.expiresOn),
      expires_on: token.expiresOn,
      subscription: session.subscription.id,
      tenant: session.subscription.tenantId,
      tokenType: 'Bearer',
    };
  },
};

function resourceOf(
  resource: string | undefined,
  type: string | undefined,
  scopes: readonly string[] | undefined,
): string {
  if (resource && scopes) throw usageError('--resource and --scope cannot be used together.');
  if (resource) return resource;
  if (type) return RESOURCE_TYPES[type] ?? ARM_RESOURCE;
  if (!scopes) return ARM_RESOURCE;
  const [scope = ''] = scopes;
  if (scopes.length > 1 || !scope.endsWith('/.default')) {
    throw usageError('--scope takes one scope that ends in /.default: service principals have no others.');
  }
  return scope.slice(0, -'/.default'.length);
}

/** `YYYY-MM-DD HH:MM:SS.ffffff` in the machine's time zone, as az prints an expiry. */
function localTime(seconds: number): string {
  const date = new Date(seconds * 1000);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.000000`;
}
