import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { TaskCatalog } from '../language/index.ts';
import { UsageError } from './arguments.ts';
import { diskFiles } from './disk-files.ts';
import { type CliIo, runCli } from './index.ts';
import { groupValues } from './name-values.ts';
import { findPipelineFile } from './pipeline-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-pipelines-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, text: string): void {
  mkdirSync(join(folder, path, '..'), { recursive: true });
  writeFileSync(join(folder, path), text);
}

const bash = {
  id: '6c731c3c-3c68-459a-a5c9-bde6e6595b5b',
  name: 'Bash',
  friendlyName: 'Bash',
  version: { Major: 3, Minor: 0, Patch: 0 },
  instanceNameFormat: 'Bash',
  inputs: [
    { name: 'script', type: 'multiLine' },
    { name: 'targetType', type: 'radio', defaultValue: 'filePath' },
  ],
};
const tasks: TaskCatalog = { find: (name) => (name === 'Bash' || name === bash.id ? bash : undefined) };

/** Runs a command that needs no server. */
async function call(cwd: string, ...args: string[]) {
  return await callWith({}, cwd, ...args);
}

async function callWith(more: Partial<CliIo['host']>, cwd: string, ...args: string[]) {
  const written = { out: '', err: '' };
  const sink = (name: 'out' | 'err') => ({
    write(text: string) {
      written[name] += text;
    },
  });
  const host = {
    ...more,
    version: '0',
    dataDirectory: folder,
    sampleDirectory: undefined,
    tasks: async () => tasks,
  } as Partial<CliIo['host']>;
  const io: CliIo = {
    stdout: sink('out'),
    stderr: sink('err'),
    env: {},
    cwd: join(folder, cwd),
    onInterrupt: () => () => undefined,
    host: host as CliIo['host'],
  };
  return { code: await runCli(args, io), ...written };
}

write('good/.git/HEAD', 'ref: refs/heads/main\n');
write(
  'good/azure-pipelines.yml',
  'parameters:\n- name: word\n  default: hello\nsteps:\n- template: parts/say.yml\n  parameters:\n    word: ${{ parameters.word }}\n',
);
write('good/parts/say.yml', 'parameters:\n  word: nothing\nsteps:\n- bash: echo ${{ parameters.word }}\n');
write('bad/ci/azure-pipelines.yml', 'steps:\n- bash: echo\n  colour: red\n- task: Nope@1\n');

test('validate accepts a pipeline with a template and answers 0', async () => {
  const { code, out, err } = await call('good', 'validate');
  assert.deepEqual({ code, out, err }, { code: 0, out: '', err: 'azure-pipelines.yml is valid.\n' });
});

test('validate names the place of a fault, shows its line and answers 2', async () => {
  const { code, err } = await call('bad', 'validate', 'ci/azure-pipelines.yml');
  assert.equal(code, 2);
  assert.match(err, /^error: ci\/azure-pipelines\.yml:3:3: .*colour/);
  assert.match(err, /\n +colour: red\n +\^/);
});

test('validate takes what no run does, and says it once as a warning with its place', async () => {
  write('unbuilt/p.yml', 'jobs:\n- job: A\n  container: {image: ubuntu}\n  steps: [{bash: a}]\n');
  const { code, err } = await call('unbuilt', 'validate', 'p.yml');
  assert.equal(code, 0);
  assert.match(err, /^warning: p\.yml:3:14: not implemented: job container\n/);
});

test('validate --json hands the faults to a program', async () => {
  const { code, out } = await call('bad', 'validate', 'ci/azure-pipelines.yml', '--json');
  const answer = JSON.parse(out) as { valid: boolean; diagnostics: { line: number }[] };
  assert.deepEqual([code, answer.valid, answer.diagnostics[0]?.line], [2, false, 3]);
});

test('expand prints the pipeline with templates and parameters filled in', async () => {
  const { code, out } = await call('good', 'expand', '-p', 'word=bonjour');
  assert.equal(code, 0);
  assert.match(out, /echo bonjour/);
  const plan = await call('good', 'expand', '--plan', '-p', 'word=bonjour');
  assert.match(plan.out, /"script": "echo bonjour"/);
});

test('expand prints nothing on standard output for a pipeline that is not valid', async () => {
  const { code, out } = await call('bad', 'expand', 'ci/azure-pipelines.yml');
  assert.deepEqual([code, out], [2, '']);
});

test('the working directory is the repository when the file lies in it, else the git work tree around the file', () => {
  const found = (cwd: string, file?: string) => findPipelineFile(join(folder, cwd), file, 'run');
  assert.deepEqual(found('good'), {
    directory: join(folder, 'good'),
    file: 'azure-pipelines.yml',
    path: join(folder, 'good/azure-pipelines.yml'),
  });
  assert.equal(found('bad', 'ci/azure-pipelines.yml').file, 'ci/azure-pipelines.yml');
  assert.equal(found('bad', '../good/parts/say.yml').directory, join(folder, 'good'));
  assert.equal(found('good', join(folder, 'bad/ci/azure-pipelines.yml')).file, 'azure-pipelines.yml');
  assert.throws(() => found('bad'), UsageError);
});

test('the compiler gets no file outside the directory', async () => {
  const files = diskFiles(join(folder, 'good'));
  assert.equal(await files.read('/parts/nothing.yml'), undefined);
  await assert.rejects(files.read('/../bad/ci/azure-pipelines.yml'), /leaves its folder/);
});

test('a file that is no text file is named, not read and not waited for', async () => {
  write('odd/empty.yml', '');
  write('odd/sixteen.yml', '');
  writeFileSync(join(folder, 'odd/sixteen.yml'), Buffer.from('\ufeffsteps:\n- bash: echo\n', 'utf16le'));
  execFileSync('mkfifo', [join(folder, 'odd/pipe.yml')]);
  symlinkSync('/dev/zero', join(folder, 'odd/zero.yml'));
  symlinkSync('circle.yml', join(folder, 'odd/circle.yml'));
  symlinkSync('/dev/zero', join(folder, 'odd/template.yml'));
  write('odd/names-zero.yml', 'steps:\n- template: template.yml\n');
  write('odd/large.yml', `# ${'x'.repeat(5_000_000)}\n`);
  const said = async (file: string) => {
    const { code, err } = await call('odd', 'validate', file);
    return [code, err.split('\n')[0]];
  };
  assert.deepEqual(await said('sixteen.yml'), [0, 'sixteen.yml is valid.']);
  assert.deepEqual(await said('empty.yml'), [2, "error: empty.yml:1:1: Unexpected value ''"]);
  assert.deepEqual(await said('large.yml'), [2, 'error: large.yml: Maximum file size of 1048576 bytes exceeded']);
  for (const name of ['pipe.yml', 'zero.yml'])
    assert.deepEqual(await said(name), [
      2,
      `millrace: ${name} is a pipe, socket or device: save the pipeline in a file and name that`,
    ]);
  assert.match(String((await said('circle.yml'))[1]), /circle\.yml: there is no such file/);
  assert.match(String((await said('.'))[1]), /is a folder/);
  assert.match(String((await said('names-zero.yml'))[1]), /names-zero\.yml:2:13: File \/template\.yml not found/);
});

test('a parameter that the pipeline does not declare is refused, with those that it does', async () => {
  const { code, err } = await call('good', 'validate', '-p', 'wrod=bonjour');
  assert.equal(code, 2);
  assert.match(err, /azure-pipelines\.yml:2:1: Unexpected parameter 'wrod'\n.*\n.*\n {2}The pipeline declares word\./);
});

test('expand --at prints one part, --source-map where each line was written, -o json the same for programs', async () => {
  const part = await call('good', 'expand', '--at', 'bash', '-p', 'word=hi');
  assert.equal(part.out, 'task: Bash@3\ninputs:\n  targetType: inline\n  script: echo hi\n\n');
  const lines = await call('good', 'expand', '--at', 'Job/Bash', '--source-map');
  assert.match(lines.out, /^parts\/say\.yml:4 {2}task: Bash@3\n/);
  const json = await call('good', 'expand', '--at', 'Job/Bash', '--source-map', '-o', 'json');
  const [first] = (JSON.parse(json.out) as { lines: object[] }).lines;
  assert.deepEqual(first, {
    line: 1,
    text: 'task: Bash@3',
    source: { file: '/parts/say.yml', line: 4, column: 9 },
    through: [{ file: '/azure-pipelines.yml', line: 5, column: 13 }],
  });
  const data = await call('good', 'expand', '-o', 'json', '-p', 'word=hi');
  assert.equal(JSON.parse(data.out).stages[0].jobs[0].steps[0].inputs.script, 'echo hi');
});

test('expand --at says what there is when nothing has the name', async () => {
  const { code, err } = await call('good', 'expand', '--at', 'Job/Bsah');
  assert.equal(code, 2);
  assert.match(err, /'Job' has no step 'Bsah'\. Did you mean Job\/Bash\? It has:\n {2}Job\/Checkout\n {2}Job\/Bash\n/);
  const checkout = await call('good', 'expand', '--at', 'Job/Checkout');
  assert.match(checkout.err, /a step that no one wrote/);
});

test('values of variable groups are read up to the last colon before the first equals sign; validate does not ask for them', async () => {
  assert.deepEqual(groupValues(['a: b:x.y=1:2=3', 'a: b:z=', 'c:x=1']), {
    'a: b': { 'x.y': { value: '1:2=3' }, z: { value: '' } },
    c: { x: { value: '1' } },
  });
  write('groups/azure-pipelines.yml', 'variables:\n- group: shared\nsteps:\n- bash: echo\n');
  assert.equal((await call('groups', 'validate')).code, 0);
  assert.equal((await call('groups', 'expand', '--group', 'shared:a=1')).code, 0);
  for (const wrong of ['a', 'a=b', 'a:=b', ':a=b']) {
    const { code, err } = await call('groups', 'validate', '--group', wrong);
    assert.equal(code, 2);
    assert.match(err, /--group needs GROUP:NAME=VALUE/);
  }
});

test('status prints no credential unless the token is what was asked for', async () => {
  const server = { url: 'http://127.0.0.1:1', token: 'owner-token', pid: 7, proxyUrl: 'http://u:word@127.0.0.1:2' };
  const host = { describe: async () => server };
  const json = await callWith(host, 'good', 'status', '--json');
  assert.equal(json.code, 0);
  assert.equal(JSON.parse(json.out).url, server.url);
  assert.doesNotMatch(json.out, /owner-token|word/);
  assert.equal((await callWith(host, 'good', 'status', '--token')).out, 'owner-token\n');
  const none = await callWith({ describe: async () => undefined }, 'good', 'status', '--token');
  assert.deepEqual([none.code, none.out], [1, '']);
});
