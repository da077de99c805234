import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { UsageError } from './arguments.ts';
import { type CliIo, runCli } from './index.ts';
import { repositoryPlaces } from './repository-places.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-repositories-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, text: string): void {
  mkdirSync(join(folder, path, '..'), { recursive: true });
  writeFileSync(join(folder, path), text);
}

async function call(...args: string[]) {
  const written = { out: '', err: '' };
  const sink = (name: 'out' | 'err') => ({
    write(text: string) {
      written[name] += text;
    },
  });
  const io: CliIo = {
    stdout: sink('out'),
    stderr: sink('err'),
    env: {},
    cwd: join(folder, 'app'),
    onInterrupt: () => () => undefined,
    host: { version: '0', dataDirectory: folder, sampleDirectory: undefined, tasks: async () => undefined } as never,
  };
  return { code: await runCli(args, io), ...written };
}

const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@b', ...args], { cwd: join(folder, 'templates') });

write(
  'app/azure-pipelines.yml',
  `resources:
  repositories:
  - repository: Shared
    name: Platform/templates
    ref: refs/tags/v1
steps:
- template: ci/build.yml@shared
`,
);
write('app/own.yml', 'steps:\n- bash: own\n');
write('templates/ci/build.yml', 'steps:\n- bash: old\n- template: more.yml\n- template: own.yml@self\n');
write('templates/ci/more.yml', 'steps:\n- bash: more\n');
git('init', '-q', '-b', 'main');
git('add', '.');
git('commit', '-qm', 'one');
git('tag', 'v1');
write('templates/ci/build.yml', 'steps:\n- bash: new\n- template: more.yml\n');

const scripts = (yaml: string) => [...yaml.matchAll(/script: (\w+)/g)].map(([, word]) => word);

test('templates of another repository are read from its folder, by its alias or its name', async () => {
  for (const name of ['shared', 'Platform/Templates', 'templates']) {
    const { code, out, err } = await call('expand', '--repository', `${name}=../templates`);
    assert.deepEqual([code, err, scripts(out)], [0, '', ['new', 'more']]);
  }
});

test('NAME@REF takes the files of a commit; a template of it comes back by @self', async () => {
  const { code, out } = await call('expand', '--repository', `shared@v1=${join(folder, 'templates')}`);
  assert.deepEqual([code, scripts(out)], [0, ['old', 'more', 'own']]);
});

test('a problem in another repository shows its line; one that is not given is named with the option', async () => {
  write('broken/ci/build.yml', 'steps:\n- bash: a\n  colour: red\n');
  const broken = await call('validate', '--repository', 'shared=../broken');
  assert.equal(broken.code, 2);
  assert.match(broken.err, /^error: \.\.\/broken\/ci\/build\.yml:3:3: Unexpected value 'colour'\n +colour: red\n +\^/);
  const json = await call('validate', '--json', '--repository', 'shared=../broken');
  const [first] = (JSON.parse(json.out) as { diagnostics: { text: string }[] }).diagnostics;
  assert.equal(first?.text, "/ci/build.yml@Shared (Line: 3, Col: 3): Unexpected value 'colour'");
  const missing = await call('validate');
  assert.equal(missing.code, 2);
  assert.match(
    missing.err,
    /azure-pipelines\.yml:3:5: The repository Platform\/templates in project default could not be/,
  );
  assert.match(missing.err, /--repository Shared=DIR/);
});

test('what is no repository is a wrong argument', async () => {
  for (const [given, message] of [
    ['shared', /needs NAME=DIR or NAME@REF=DIR/],
    ['=x', /needs NAME=DIR/],
    ['shared@=x', /needs NAME=DIR/],
    ['shared=nowhere', /--repository shared: The directory .*nowhere is not there/],
    ['shared@v9=../templates', /has no branch, tag or commit 'v9'/],
  ] as const) {
    const { code, err } = await call('validate', '--repository', given);
    assert.equal(code, 2, given);
    assert.match(err, message);
  }
  assert.throws(() => repositoryPlaces(['a'], '/'), UsageError);
  assert.deepEqual(repositoryPlaces(['a@b@refs/heads/x=d=e'], '/r'), [
    { name: 'a@b', ref: 'refs/heads/x', directory: '/r/d=e' },
  ]);
});

const named = (name: string) =>
  `resources:
  repositories:
  - repository: tpl
    type: git
    name: ${name}
    ref: refs/tags/v1
steps:
- template: ci/build.yml@tpl
`;

test('a repository whose name is a path is read without an option, at the declared ref, as a run reads it', async () => {
  write('app/path.yml', named('../templates'));
  for (const command of ['validate', 'graph', 'explain', 'triggers'])
    assert.equal((await call(command, 'path.yml', ...(command === 'triggers' ? ['-b', 'main'] : []))).code, 0, command);
  assert.deepEqual(scripts((await call('expand', 'path.yml')).out), ['old', 'more', 'own']);
  const given = await call('expand', 'path.yml', '--repository', 'tpl=../templates');
  assert.deepEqual(scripts(given.out), ['new', 'more']);
  write('app/path.yml', named('../templates').replace('v1', 'v9'));
  const { code, err } = await call('validate', 'path.yml');
  assert.equal(code, 2);
  assert.match(err, /has no branch, tag or commit 'refs\/tags\/v9'/);
});

test('of a repository that only a run fetches, the next step says so', async () => {
  write('app/address.yml', named('https://example.invalid/tpl.git'));
  const { code, err } = await call('validate', 'address.yml');
  assert.equal(code, 2);
  assert.match(err, /Only a run fetches from an address\. .*--repository tpl=DIR/);
});

test('a folder for a repository that the pipeline does not declare is refused, with those that it does', async () => {
  const { code, err } = await call(
    'validate',
    '--repository',
    'shared=../templates',
    '--repository',
    'nope=../templates',
  );
  assert.equal(code, 2);
  assert.match(err, /The pipeline declares no repository 'nope'; it declares Shared\./);
  write('app/inline.yml', 'steps:\n- checkout: git://Platform/templates\n');
  assert.equal((await call('validate', 'inline.yml', '--repository', 'templates=../templates')).code, 0);
});

test('what a run does not look at is said by validate, not by what prints the pipeline', async () => {
  write(
    'app/shop.yml',
    'jobs:\n- deployment: D\n  environment: shop\n  strategy: {runOnce: {deploy: {steps: [bash: a]}}}\n',
  );
  assert.match((await call('validate', 'shop.yml')).err, /not looked at: environment 'shop'/);
  for (const command of ['expand', 'explain'])
    assert.doesNotMatch((await call(command, 'shop.yml')).err, /not looked at/, command);
});
