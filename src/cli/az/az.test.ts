import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { groups } from './groups.ts';
import { signedIn } from './index.ts';
import { type FakeAzure, loggedIn, SUBSCRIPTION, startFakeAzure, TENANT } from './testing/fake-azure.ts';

const here = dirname(fileURLToPath(import.meta.url));

describe('az', () => {
  let fake: FakeAzure;
  before(async () => {
    fake = await startFakeAzure();
  });
  after(() => fake.close());
  beforeEach(async () => {
    fake.handlers = [];
    await fake.az(['account', 'clear']);
    fake.requests.length = 0;
  });

  test('every command file is registered under its own name, with help that holds its arguments', async () => {
    const registered = new Map<string, string>();
    for (const [word, group] of Object.entries(groups)) {
      const { registry } = await group.load();
      for (const [name, entry] of Object.entries(registry)) {
        const { command } = await entry.load();
        assert.equal(command.name, name);
        registered.set(name, word);
        const options = command.arguments.flatMap((argument) => argument.options);
        assert.equal(new Set(options).size, options.length, `${name} has an option twice: ${options.join(' ')}`);
      }
    }
    const files = readdirSync(join(here, 'groups'), { recursive: true, encoding: 'utf8' }).filter(
      (file) => file.endsWith('.ts') && !file.endsWith('.test.ts'),
    );
    for (const file of files) {
      const exported = (await import(join(here, 'groups', file))) as { command?: { name: string } };
      if (exported.command) assert.ok(registered.has(exported.command.name), `${file} is not in a registry`);
    }
    const help = await fake.az(['ml', 'job', 'create', '-h']);
    assert.equal(help.code, 0);
    assert.match(help.out, /az ml job create : Create a job\./);
    assert.match(help.out, /--file -f +\[Required\]|--file -f \[Required\]/);
    assert.match((await fake.az(['ml', 'job', '-h'])).out, /Commands:\n {4}archive/);
  });

  test('logs in as a service principal, and shows and lists the account', async () => {
    const login = await fake.az(['login', '--service-principal', '-u', 'app', '-p', 'secret', '-t', TENANT]);
    assert.equal(login.code, 0, login.err);
    const [account] = JSON.parse(login.out) as Record<string, unknown>[];
    const expected = {
      homeTenantId: TENANT,
      id: SUBSCRIPTION,
      isDefault: true,
      managedByTenants: [],
      name: 'Local',
      state: 'Enabled',
      tenantId: TENANT,
      user: { name: 'app', type: 'servicePrincipal' },
    };
    assert.deepEqual(account, { ...expected, cloudName: 'AzureCloud' });
    const form = new URLSearchParams(fake.requests[0]?.text);
    assert.equal(fake.requests[0]?.host, 'login.microsoftonline.com');
    assert.equal(form.get('scope'), 'https://management.core.windows.net//.default');
    const shown = await fake.az(['account', 'show']);
    assert.deepEqual(JSON.parse(shown.out), { ...expected, environmentName: 'AzureCloud' });
    assert.equal((await fake.az(['account', 'set', '-s', 'LOCAL'])).code, 0);
    const missing = await fake.az(['account', 'set', '--subscription', 'other']);
    assert.deepEqual(
      [missing.code, missing.err],
      [1, "ERROR: The subscription of 'other' doesn't exist in cloud 'AzureCloud'.\n"],
    );
  });

  test('a tenant named by a word is remembered by its id', async () => {
    await fake.az(['login', '--service-principal', '-u', 'app', '-p=secret', '-t', 'contoso.example']);
    assert.equal((await fake.az(['account', 'show', '--query', 'tenantId', '-o', 'tsv'])).out, `${TENANT}\n`);
    assert.equal((await fake.az(['account', 'get-access-token', '-o', 'none'])).code, 0);
    assert.equal(fake.requests.at(-1)?.path, `/${TENANT}/oauth2/v2.0/token`);
  });

  test('account set takes a subscription that the server has had only since the login', async () => {
    await loggedIn(fake);
    const id = 'aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e';
    fake.handlers = [
      ({ path }) =>
        path === `/subscriptions/${id}` ? { status: 200, body: { displayName: 'New', state: 'Enabled' } } : undefined,
    ];
    assert.equal((await fake.az(['account', 'set', '--subscription', id])).code, 0);
    assert.equal((await fake.az(['account', 'show', '--query', '[id, name]', '-o', 'tsv'])).out, `${id}\nNew\n`);
    assert.equal((await fake.az(['account', 'list', '--query', '[?isDefault].id', '-o', 'tsv'])).out, `${id}\n`);
    assert.equal((await fake.az(['account', 'set', '-s', id.replace('a', 'b')])).code, 1);
  });

  test('--debug tells each request, without its query; AZURE_CORE_ONLY_SHOW_ERRORS silences warnings', async () => {
    await loggedIn(fake);
    const debug = await fake.az(['group', 'exists', '-n', 'x', '--debug']);
    assert.match(debug.err, /^DEBUG: POST https:\/\/login\.microsoftonline\.com\S* -> 200/);
    assert.match(debug.err, /DEBUG: GET https:\/\/management\.azure\.com\/subscriptions\/[^?]*\/x -> 404 \(\d+ ms\)/);
    await fake.az(['account', 'clear']);
    assert.equal((await fake.az(['account', 'list'], { env: { AZURE_CORE_ONLY_SHOW_ERRORS: '1' } })).err, '');
  });

  test('no file of the configuration directory holds the secret or a token, nor can others read them', async () => {
    await loggedIn(fake);
    const token = await fake.az([
      'account',
      'get-access-token',
      '--resource=https://management.azure.com',
      '--query',
      'accessToken',
      '-o',
      'tsv',
    ]);
    assert.equal(token.code, 0, token.err);
    assert.equal(new URLSearchParams(fake.requests[0]?.text).get('scope'), 'https://management.azure.com/.default');
    const folder = fake.env['AZURE_CONFIG_DIR'] ?? '';
    for (const file of readdirSync(folder)) {
      const text = readFileSync(join(folder, file), 'utf8');
      for (const secret of ['secret', token.out.trim()]) {
        assert.ok(
          !text.includes(secret) && !text.includes(Buffer.from(secret).toString('base64')),
          `${file} holds a secret`,
        );
      }
      assert.equal(statSync(join(folder, file)).mode & 0o077, 0, `${file} is open to others`);
    }
  });

  test('a wrong secret says what the token endpoint said and leaves nobody logged in', async () => {
    const login = await fake.az(['login', '--service-principal', '-u', 'app', '-p', 'wrong', '-t', TENANT]);
    assert.deepEqual([login.code, login.err], [1, 'ERROR: AADSTS7000215: Invalid client secret provided.\n']);
    const shown = await fake.az(['account', 'show']);
    assert.deepEqual([shown.code, shown.err], [1, "ERROR: Please run 'az login' to setup account.\n"]);
  });

  test('logs in with a managed identity by the variables that are set', async () => {
    fake.handlers = [
      ({ path, query, headers }) => {
        if (path !== '/_identity/msi/token') return undefined;
        if (headers['x-identity-header'] !== 'h') return { status: 401, body: { message: 'no' } };
        const claims = Buffer.from(JSON.stringify({ tid: TENANT, aud: query.get('resource') })).toString('base64url');
        return { status: 200, body: { access_token: `x.${claims}.y`, expires_in: '100', token_type: 'Bearer' } };
      },
    ];
    // The port in the variable is that of a server which has been restarted elsewhere since.
    const env = { IDENTITY_ENDPOINT: 'http://127.0.0.1:9/_identity/msi/token', IDENTITY_HEADER: 'h' };
    const login = await fake.az(['login', '--identity'], { env });
    assert.equal(login.code, 0, login.err);
    const [account] = JSON.parse(login.out) as { user: unknown; tenantId: string }[];
    assert.deepEqual(account?.user, {
      name: 'systemAssignedIdentity',
      type: 'servicePrincipal',
      assignedIdentityInfo: 'MSI',
    });
    assert.equal((await fake.az(['group', 'list'], { env: { ...env, IDENTITY_HEADER: 'wrong' } })).code, 1);
  });

  test('a command that creates something says so to the server, others do not', async () => {
    await loggedIn(fake);
    await fake.az(['group', 'create', '-n', 'rg', '-l', 'westeurope']);
    await fake.az(['group', 'show', '-n', 'rg']);
    const said = fake.requests.filter(({ path }) => /resourcegroups/i.test(path));
    assert.deepEqual(
      said.map(({ method, headers }) => [method, headers['x-millrace-creates']]),
      [
        ['PUT', 'true'],
        ['GET', undefined],
      ],
    );
  });

  test('who is signed in: nobody, somebody of ours, somebody of another az', async () => {
    assert.equal(await signedIn(fake.env), 'nobody');
    await loggedIn(fake);
    assert.equal(await signedIn(fake.env), 'here');
    // The real az writes the same profile, and keeps the credential in a file of its own.
    rmSync(join(fake.env['AZURE_CONFIG_DIR'] ?? '', 'service_principal_entries.sealed'));
    assert.equal(await signedIn(fake.env), 'elsewhere');
    await fake.az(['logout']);
    assert.equal(await signedIn(fake.env), 'nobody');
  });

  test('rest: path without a host, subscription filled in, parameters, JSON body, errors with their body', async () => {
    await loggedIn(fake);
    fake.handlers = [
      ({ method, path, body }) => {
        if (path === `/subscriptions/${SUBSCRIPTION}/things`) return { status: 200, body: { method, body } };
        return path === '/gone' ? { status: 404, body: { error: { code: 'X', message: 'm' } } } : undefined;
      },
    ];
    const words = [
      'rest',
      '-m',
      'post',
      '--url',
      '/subscriptions/{subscriptionId}/things?a=1',
      '--url-parameters',
      'api-version=2',
      '-b',
      '{"k": 1}',
    ];
    const result = await fake.az(words);
    assert.deepEqual(JSON.parse(result.out), { body: { k: 1 }, method: 'POST' });
    const sent = fake.requests.at(-1);
    assert.equal(sent?.query.get('api-version'), '2');
    assert.equal(sent?.headers['content-type'], 'application/json');
    assert.match(String(sent?.headers.authorization), /^Bearer /);
    const gone = await fake.az(['rest', '--uri', 'https://management.azure.com/gone']);
    assert.deepEqual([gone.code, gone.err], [1, 'ERROR: Not Found({"error":{"code":"X","message":"m"}})\n']);
  });

  test('rest sends no token to hosts that it knows no audience of', async () => {
    await loggedIn(fake);
    const result = await fake.az(['rest', '--url', 'https://blob.core.windows.net/x']);
    assert.match(result.err, /Can't derive appropriate Azure AD resource/);
    assert.equal(fake.requests.at(-1)?.headers.authorization, undefined);
  });

  test('a show of what is not there exits 3 with the service’s error', async () => {
    await loggedIn(fake);
    const result = await fake.az(['group', 'show', '-n', 'none']);
    assert.equal(result.code, 3);
    assert.match(result.err, /^ERROR: \(UserError\) not found .*\nCode: UserError\nMessage: not found /);
  });

  test('configured defaults: by configure, config, environment', async () => {
    assert.equal((await fake.az(['configure', '--defaults', 'group=g1', 'workspace=w1'])).code, 0);
    assert.equal((await fake.az(['config', 'set', 'defaults.group=g2'])).code, 0);
    assert.equal((await fake.az(['config', 'get', 'defaults.group', '--query', 'value', '-o', 'tsv'])).out, 'g2\n');
    await loggedIn(fake);
    await fake.az(['group', 'show'], { env: { AZURE_DEFAULTS_GROUP: 'g3' } });
    assert.match(fake.requests.at(-1)?.path ?? '', /\/resourcegroups\/g3$/);
    await fake.az(['configure', '--defaults', 'group=', 'workspace=']);
    const unset = await fake.az(['group', 'show']);
    assert.equal(unset.code, 2);
  });

  test('extensions are recorded; ml is built in, others are not', async () => {
    assert.equal((await fake.az(['extension', 'add', '-n', 'ml', '--yes'])).err, '');
    assert.match(
      (await fake.az(['extension', 'add', '--name', 'ml'])).err,
      /^WARNING: Extension 'ml' 2\.42\.0 is already installed/,
    );
    assert.equal((await fake.az(['version', '--query', 'extensions.ml', '-o', 'tsv'])).out, '2.42.0\n');
    assert.equal((await fake.az(['extension', 'remove', '-n', 'ml'])).code, 0);
    assert.equal((await fake.az(['extension', 'show', '-n', 'ml'])).code, 1);
    const other = await fake.az(['extension', 'add', '-n', 'azure-devops']);
    assert.equal(other.code, 1);
    assert.match(other.err, /not implemented: the extension 'azure-devops'/);
  });

  test('an unknown command is refused by name, or handed to a real az that is not ours', async () => {
    const unknown = await fake.az(['ml', 'job', 'shwo', '-n', 'x']);
    assert.equal(unknown.code, 2);
    assert.match(
      unknown.err,
      /^ERROR: 'shwo' is not a command of 'az ml job': did you mean 'show'\?\nRun 'az ml job -h' for its commands\.\n$/,
    );
    const bins = join(fake.env['HOME'] ?? '', 'bins');
    for (const folder of ['ours', 'real']) {
      mkdirSync(join(bins, folder), { recursive: true });
      writeFileSync(join(bins, folder, 'az'), `#!/bin/sh\necho "$@" > "${bins}/${folder}.txt"\nexit 7\n`);
      chmodSync(join(bins, folder, 'az'), 0o755);
    }
    const env = {
      PATH: `${join(bins, 'ours')}:${join(bins, 'real')}:/usr/bin:/bin`,
      MILLRACE_AZ_DIR: join(bins, 'ours'),
    };
    assert.equal((await fake.az(['vm', 'list', '-o', 'tsv'], { env })).code, 7);
    assert.equal(readFileSync(join(bins, 'real.txt'), 'utf8'), 'vm list -o tsv\n');
    assert.equal((await fake.az(['account', 'tenant', 'list'], { env })).code, 7);
    // The real one knows az ml by its extension alone.
    const misspelled = await fake.az(['ml', 'job', 'lst'], { env });
    assert.deepEqual(
      [misspelled.code, misspelled.err.split('\n')[0]],
      [2, "ERROR: 'lst' is not a command of 'az ml job': did you mean 'list'?"],
    );
    const endpoints = await fake.az(['ml', 'online-endpoint', 'list'], { env });
    assert.match(endpoints.err, /not implemented: az ml online-endpoint list\. With the Azure CLI's ml extension inst/);
    mkdirSync(join(bins, 'extensions', 'ml'), { recursive: true });
    const extended = { ...env, AZURE_EXTENSION_DIR: join(bins, 'extensions') };
    assert.equal((await fake.az(['ml', 'online-endpoint', 'list'], { env: extended })).code, 7);
    assert.equal(existsSync(join(bins, 'ours.txt')), false);
    // A real az that leads back here must not go round for ever.
    assert.equal((await fake.az(['vm', 'list'], { env: { ...env, MILLRACE_AZ_HANDED_ON: '1' } })).code, 2);
  });

  test('without a server it says how to start one', async () => {
    await loggedIn(fake);
    const result = await fake.az(['group', 'list'], { env: { MILLRACE_SERVER: '' } });
    assert.equal(result.code, 1);
    assert.match(result.err, /no Millrace server is running: start one with 'millrace up'/);
  });

  test('a refused connection is tried again at the address that the server file has by then', async () => {
    await loggedIn(fake);
    const file = join(fake.env['HOME'] ?? '', 'moving.json');
    writeFileSync(file, JSON.stringify({ url: 'http://127.0.0.1:9', token: 't', pid: 1 }));
    const pending = fake.az(['group', 'exists', '-n', 'x'], { env: { MILLRACE_SERVER_FILE: file } });
    setTimeout(() => writeFileSync(file, JSON.stringify({ url: fake.url, token: 't', pid: 1 })), 30);
    const result = await pending;
    assert.deepEqual([result.code, result.out], [0, 'false\n'], result.err);
  });
});
