import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { MANAGEMENT } from '../../arm.ts';
import type { Command, Context } from '../../command.ts';
import { commandError, usageError } from '../../errors.ts';
import { ARM_RESOURCE } from '../../session.ts';

/** Other origins that az knows the audience of; a token goes nowhere else unless --resource says so. */
const AUDIENCES: Readonly<Record<string, string>> = {
  [MANAGEMENT]: ARM_RESOURCE,
  'https://management.core.windows.net': ARM_RESOURCE,
  'https://graph.microsoft.com': 'https://graph.microsoft.com/',
};

export const command: Command = {
  name: 'rest',
  summary: 'Invoke a custom request.',
  description:
    'Signs in to the resource that the URL belongs to. {subscriptionId} in the URL is replaced by the current subscription.',
  arguments: [
    {
      name: 'url',
      options: ['--uri', '--url', '-u'],
      kind: 'value',
      required: true,
      help: 'Request URL; without a host, the resource manager’s.',
    },
    {
      name: 'method',
      options: ['--method', '-m'],
      kind: 'value',
      choices: ['delete', 'get', 'head', 'options', 'patch', 'post', 'put'],
      help: 'HTTP request method. Default: get.',
    },
    {
      name: 'headers',
      options: ['--headers'],
      kind: 'list',
      help: 'Space-separated headers in KEY=VALUE format or JSON string.',
    },
    {
      name: 'uri_parameters',
      options: ['--uri-parameters', '--url-parameters'],
      kind: 'list',
      help: 'Query parameters in the URL, in KEY=VALUE format or JSON string.',
    },
    { name: 'body', options: ['--body', '-b'], kind: 'value', help: 'Request body; @{file} to load from a file.' },
    {
      name: 'resource',
      options: ['--resource'],
      kind: 'value',
      help: 'Resource url for which CLI should acquire a token.',
    },
    { name: 'output_file', options: ['--output-file'], kind: 'value', help: 'Save response payload to a file.' },
    {
      name: 'skip_authorization_header',
      options: ['--skip-authorization-header'],
      kind: 'flag',
      help: 'Do not auto-append Authorization header.',
    },
  ],
  examples: [
    { text: 'Get the subscriptions', command: 'az rest --method get --url /subscriptions?api-version=2022-12-01' },
  ],
  async run(context, args) {
    const given = args.need('url');
    let text = given.includes('://') ? given : `${MANAGEMENT}/${given.replace(/^\/+/, '')}`;
    if (text.includes('{subscriptionId}')) {
      text = text.replaceAll('{subscriptionId}', (await context.session()).subscription.id);
    }
    if (!URL.canParse(text)) throw usageError(`--url '${given}' is not a URL.`);
    const url = new URL(text);
    for (const [key, value] of Object.entries(pairs(args.list('uri_parameters') ?? [], '--uri-parameters'))) {
      url.searchParams.append(key, value);
    }
    const headers = pairs(args.list('headers') ?? [], '--headers');
    const has = (name: string) => Object.keys(headers).some((key) => key.toLowerCase() === name);
    const body = args.text('body');
    if (body !== undefined && !has('content-type') && isJson(body)) headers['Content-Type'] = 'application/json';
    if (!has('authorization') && !args.flag('skip_authorization_header')) {
      const token = await tokenFor(context, url, args.text('resource'));
      if (token) headers['Authorization'] = `Bearer ${token}`;
    }
    const http = await context.http();
    const response = await http.request({
      method: (args.text('method') ?? 'get').toUpperCase(),
      url: url.href,
      headers: { accept: '*/*', 'user-agent': 'millrace-az', ...headers },
      ...(body === undefined ? {} : { body }),
    });
    const answer = response.body.toString('utf8');
    if (response.status >= 400) {
      // Without the status: of a raw request az tells what is not there by no exit code of its own (seen with 2.91).
      throw commandError(answer ? `${response.reason}(${answer})` : response.reason);
    }
    const file = args.text('output_file');
    if (file) {
      writeFileSync(resolve(context.io.cwd, file), response.body);
      return undefined;
    }
    if (!answer) return undefined;
    try {
      return JSON.parse(answer) as unknown;
    } catch {
      context.warn(
        'Not a json response, outputting to stdout. For binary data suggest use "--output-file" to write to a file',
      );
      context.io.stdout.write(`${answer}\n`);
      return undefined;
    }
  },
};

async function tokenFor(context: Context, url: URL, resource: string | undefined): Promise<string | undefined> {
  if (url.protocol !== 'https:') return undefined;
  const audience = resource ?? AUDIENCES[url.origin];
  if (!audience) {
    context.warn(
      "Can't derive appropriate Azure AD resource from --url to acquire an access token. If access token is required, use --resource to specify the resource",
    );
    return undefined;
  }
  return (await (await context.session()).token(audience)).accessToken;
}

function pairs(words: readonly string[], option: string): Record<string, string> {
  const all: Record<string, string> = {};
  for (const word of words) {
    if (word.trimStart().startsWith('{') && isJson(word)) {
      for (const [key, value] of Object.entries(JSON.parse(word) as object)) all[key] = String(value);
      continue;
    }
    const at = word.indexOf('=');
    if (at < 1) throw usageError(`${option} takes KEY=VALUE or a JSON object, found '${word}'.`);
    all[word.slice(0, at)] = word.slice(at + 1);
  }
  return all;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
