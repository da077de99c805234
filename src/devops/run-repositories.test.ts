import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fetchRepository } from './fetch-repository.ts';
import { createRunRepositories } from './run-repositories.ts';
import { openTestAgent, startTestServer } from './stand-ins.ts';

const root = mkdtempSync(join(tmpdir(), 'millrace-run-repositories-'));
after(() => rmSync(root, { recursive: true, force: true }));
const templates = join(root, 'templates');
const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@b', ...args], {
    cwd: templates,
    encoding: 'utf8',
  }).trim();
mkdirSync(templates);
const say = (word: string) => writeFileSync(join(templates, 'say.yml'), `steps:\n- bash: echo ${word}\n`);
git('init', '-q', '-b', 'main');
say('old');
git('add', '.');
git('commit', '-qm', 'one');
git('tag', '-a', 'v1', '-m', 'v1');
say('new');
git('commit', '-qam', 'two');
say('disk');
const old = git('rev-parse', 'v1^{commit}');

const finder = (...given: Parameters<typeof createRunRepositories>[0]) =>
  createRunRepositories(given, { base: templates, cache: join(root, 'cache'), committed: false });
const declared = (name: string, ref?: string, type = 'git') => ({
  alias: 'shared',
  type,
  name,
  ...(ref === undefined ? {} : { ref }),
});

test('a given folder stands for a repository of any type, as it lies there', async () => {
  const one = await finder({ name: 'Shared', directory: templates }).find(declared('org/templates', 'v1', 'github'));
  assert.deepEqual([one?.name, one?.source, one?.url], ['templates', 'working-tree', templates]);
  assert.match((await one?.read('/say.yml')) ?? '', /disk/);
});

test('a name of type git that is a path is a commit of the repository there', async () => {
  for (const name of [templates, '../templates', `file://${templates}`]) {
    const one = await finder().find(declared(name, 'refs/tags/v1'));
    assert.deepEqual([one?.name, one?.source, one?.version, one?.ref], ['templates', 'commit', old, 'refs/tags/v1']);
    assert.match((await one?.read('/say.yml')) ?? '', /old/);
  }
  assert.match((await (await finder().find(declared(templates)))?.read('/say.yml')) ?? '', /new/);
  await assert.rejects(finder().find(declared(templates, 'v2')), /no branch, tag or commit 'v2'/);
});

test('other names, and what would make git run a command, are no repository', async () => {
  for (const name of [
    'templates',
    'project/templates',
    'ext::sh -c id',
    '--upload-pack=id',
    'https://-oProxyCommand=id/x',
  ])
    assert.equal(await finder().find(declared(name)), undefined, name);
  assert.equal(await finder().find(declared(templates, undefined, 'github')), undefined);
});

test('a remote is fetched without its history, by a branch or a tag in full or short, else its default branch', async () => {
  const cache = join(root, 'cache');
  for (const [ref, full, word] of [
    [undefined, 'refs/heads/main', 'new'],
    ['v1', 'refs/tags/v1', 'old'],
    ['refs/heads/main', 'refs/heads/main', 'new'],
  ] as const) {
    const tree = await fetchRepository(templates, ref, cache, 1000);
    assert.equal(tree?.ref, full);
    assert.match((await tree?.read('/say.yml')) ?? '', new RegExp(word));
  }
  await assert.rejects(fetchRepository(templates, 'v2', cache, 1000), /no branch or tag 'v2'/);
  assert.equal(await fetchRepository(join(root, 'none'), undefined, cache, 1000), undefined);
});

test('a remote with very many refs is one like others', async () => {
  const crowded = join(root, 'crowded');
  execFileSync('git', ['clone', '-q', '--bare', templates, crowded]);
  // In git's own file of refs, which is sorted.
  const packed = Array.from(
    { length: 20_000 },
    (_, number) => `${old} refs/users/a-long-name-of-a-ref/${1e6 + number}\n`,
  );
  appendFileSync(join(crowded, 'packed-refs'), packed.join(''));
  const tree = await fetchRepository(crowded, 'v1', join(root, 'cache'), 1000);
  assert.equal(tree?.version, old);
});

test('a run reads its templates from other repositories and tells the agent what to check out', async (t) => {
  const server = await startTestServer();
  t.after(() => server.close());
  const text = `
resources:
  repositories:
  - repository: Shared
    name: Platform/templates
  - repository: code
    name: ${templates}
    ref: v1
  - repository: unused
    name: nowhere
variables:
  at: $[ resources.repositories.code.version ]
steps:
- checkout: self
- checkout: shared
- checkout: code
  path: here
- template: say.yml@shared
`;
  const request = { directory: server.folder, file: 'a.yml', text };
  const refused = await server.call('POST', 'millrace/localruns', request);
  assert.equal(refused.status, 400);
  assert.match(
    refused.body.message,
    /^The repository Platform\/templates in project [0-9a-f-]{36} could not be retrieved\./,
  );
  const repositories = [{ name: 'shared', directory: templates }];
  const run = await server.call('POST', 'millrace/localruns', { ...request, repositories });
  assert.equal(run.status, 201, JSON.stringify(run.body));
  const job = await (await openTestAgent(server)).take();
  assert.deepEqual(
    job.resources.repositories.slice(1).map((one) => [one.alias, one.properties]),
    [
      [
        'shared',
        {
          name: 'templates',
          url: templates,
          ref: 'refs/heads/main',
          version: git('rev-parse', 'HEAD'),
          source: 'working-tree',
        },
      ],
      ['code', { name: 'templates', url: templates, ref: 'refs/tags/v1', version: old, source: 'commit' }],
    ],
  );
  assert.equal(job.variables['at']?.value, old);
  assert.deepEqual(
    job.steps.map((step) => step.displayName),
    [
      `Checkout ${job.resources.repositories[0]?.properties.name}@main to s`,
      'Checkout templates@main to s',
      'Checkout templates@v1 to here',
      'Bash',
    ],
  );
  assert.equal(job.steps[3]?.inputs['script'], 'echo disk');
  const wrong = [{ name: 'shared', directory: 'relative' }];
  assert.equal((await server.call('POST', 'millrace/localruns', { ...request, repositories: wrong })).status, 400);
  const unused = [...repositories, { name: 'nope', directory: templates }];
  const strange = await server.call('POST', 'millrace/localruns', { ...request, repositories: unused });
  assert.equal(strange.status, 400);
  assert.match(strange.body.message, /declares no repository 'nope'; it declares /);
});

test('a repository that only a checkout names must be there too', async (t) => {
  const server = await startTestServer();
  t.after(() => server.close());
  const text = 'resources:\n  repositories:\n  - repository: code\n    name: code\nsteps:\n- checkout: code\n';
  const { status, body } = await server.call('POST', 'millrace/localruns', {
    directory: server.folder,
    file: 'a.yml',
    text,
  });
  assert.deepEqual([status, body.diagnostics[0].code, body.diagnostics[0].line], [400, 'repository-not-found', 6]);
  const inline = text.replace(/[\s\S]*steps/, 'steps').replace('code', `git://${templates}@v1`);
  const run = await server.call('POST', 'millrace/localruns', {
    directory: server.folder,
    file: 'a.yml',
    text: inline,
  });
  assert.equal(run.status, 201, JSON.stringify(run.body));
  const job = await (await openTestAgent(server)).take();
  assert.equal(job.resources.repositories[1]?.properties.version, old);
});
