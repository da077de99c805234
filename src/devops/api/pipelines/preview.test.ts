import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { OWNER, startTestServer, type TestServer } from '../../stand-ins.ts';

let server: TestServer;
let url: string;
let pipeline: number;

const repository = () => join(server.folder, 'app');
const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@b', ...args], {
    cwd: repository(),
    encoding: 'utf8',
  }).trim();
const write = (file: string, text: string) => {
  mkdirSync(join(repository(), file, '..'), { recursive: true });
  writeFileSync(join(repository(), file), text);
};

before(async () => {
  server = await startTestServer();
  write(
    'ci/a.yml',
    'parameters:\n- name: word\n  default: hello\nsteps:\n- template: b.yml\n- bash: echo ${{ parameters.word }}\n',
  );
  write('ci/b.yml', 'steps:\n- bash: echo old\n');
  git('init', '-q', '-b', 'main');
  git('add', '.');
  git('commit', '-qm', 'one');
  git('tag', 'v1');
  git('branch', 'other');
  write('ci/b.yml', 'steps:\n- bash: echo new\n');
  git('commit', '-qam', 'two');
  write('ci/b.yml', 'steps:\n- bash: echo on disk\n');
  const made = await server.call('POST', 'build/definitions', {
    name: 'p',
    process: { yamlFilename: '/ci/a.yml', type: 2 },
    repository: { url: repository(), type: 'TfsGit' },
  });
  pipeline = made.body.id;
  const address = await server.devops.service.listen({ port: 0, host: '127.0.0.1' });
  url = `${address}/millrace/default/_apis/pipelines`;
});
after(() => server.close());

/** Asks over the network, as a client does. */
async function preview(body: object, id: number | string = pipeline) {
  const answer = await fetch(`${url}/${id}/preview?api-version=7.1`, {
    method: 'POST',
    headers: { authorization: `Bearer ${OWNER}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  return { status: answer.status, body: (await answer.json()) as any };
}

const scripts = (yaml: string) => [...yaml.matchAll(/script: (.*)/g)].map(([, text]) => text);

test('the committed file is expanded, alone in the answer, ending in an empty line; the same again for the same', async () => {
  const { status, body } = await preview({ previewRun: true });
  assert.equal(status, 200);
  assert.deepEqual(Object.keys(body), ['finalYaml']);
  assert.deepEqual(scripts(body.finalYaml), ['echo new', 'echo hello']);
  assert.match(body.finalYaml, /[^\n]\n\n$/);
  assert.doesNotMatch(body.finalYaml, /\r/);
  assert.deepEqual((await preview({ previewRun: true, yamlOverride: '' })).body, body);
});

test('an override stands in for the file: references start from its folder, messages carry its path', async () => {
  const yamlOverride = 'steps:\n- template: b.yml\n';
  assert.deepEqual(scripts((await preview({ previewRun: true, yamlOverride })).body.finalYaml), ['echo new']);
  const { status, body } = await preview({ previewRun: true, yamlOverride: 'steps:\n- bash: a\n  colour: red\n' });
  assert.equal(status, 400);
  assert.deepEqual(body, {
    $id: '1',
    innerException: null,
    message: "/ci/a.yml (Line: 3, Col: 3): Unexpected value 'colour'",
    typeName: 'Microsoft.Azure.Pipelines.WebApi.PipelineValidationException, Microsoft.Azure.Pipelines.WebApi',
    typeKey: 'PipelineValidationException',
    errorCode: 0,
    eventId: 3000,
  });
});

test('what an override gives back unchanged, it is given again', async () => {
  const first = (await preview({ previewRun: true })).body.finalYaml;
  assert.equal((await preview({ previewRun: true, yamlOverride: first })).body.finalYaml, first);
});

test('several errors are lines of one message, at most ten, each at most 500 characters and a mark', async () => {
  const steps = Array.from({ length: 12 }, (_, index) => `- bash: a\n  wrong${index}${'x'.repeat(600)}: 1\n`);
  const { body } = await preview({ previewRun: true, yamlOverride: `steps:\n${steps.join('')}` });
  const lines = (body.message as string).split('\n');
  assert.equal(lines.length, 10);
  for (const [index, line] of lines.entries()) {
    assert.ok(line.startsWith(`/ci/a.yml (Line: ${3 + 2 * index}, Col: 3): Unexpected value 'wrong${index}x`));
    assert.equal(line.length, 505);
    assert.ok(line.endsWith('[...]'));
  }
});

test('parameters are text, or JSON for structures; errors of theirs have no place', async () => {
  const { body } = await preview({ previewRun: true, templateParameters: { word: 'hi' } });
  assert.deepEqual(scripts(body.finalYaml), ['echo new', 'echo hi']);
  const yamlOverride =
    'parameters:\n- name: words\n  type: object\nsteps:\n- ${{ each w in parameters.words }}:\n  - bash: ${{ w }}\n';
  const many = await preview({ previewRun: true, yamlOverride, templateParameters: { words: '["a","b"]' } });
  assert.deepEqual(scripts(many.body.finalYaml), ['a', 'b']);
  const wrong = await preview({ previewRun: true, templateParameters: { wrod: 'hi' } });
  assert.deepEqual([wrong.status, wrong.body.message], [400, "Unexpected parameter 'wrod'"]);
});

test('variables of queue time are known', async () => {
  const yamlOverride = 'steps:\n- bash: ${{ variables.color }} ${{ variables["Build.SourceBranch"] }}\n'.replaceAll(
    '"',
    "'",
  );
  const variables = { color: { value: 'red', isSecret: false } };
  const { body } = await preview({ previewRun: true, yamlOverride, variables });
  assert.deepEqual(scripts(body.finalYaml), ['red refs/heads/main']);
});

test('a branch, a tag or a commit of the repository may be chosen', async () => {
  const yamlOverride = "steps:\n- template: b.yml\n- bash: ${{ variables['Build.SourceBranch'] }}\n";
  const at = async (self: object) =>
    scripts(
      (await preview({ previewRun: true, yamlOverride, resources: { repositories: { self } } })).body.finalYaml ?? '',
    );
  assert.deepEqual(await at({ refName: 'refs/heads/other' }), ['echo old', 'refs/heads/other']);
  assert.deepEqual(await at({ refName: 'refs/tags/v1' }), ['echo old', 'refs/tags/v1']);
  assert.deepEqual(await at({ version: git('rev-parse', 'v1') }), ['echo old', 'refs/heads/main']);
  const missing = await preview({
    previewRun: true,
    resources: { repositories: { self: { refName: 'refs/heads/none' } } },
  });
  assert.equal(missing.status, 400);
  assert.match(missing.body.message, /has no branch, tag or commit 'refs\/heads\/none'/);
});

test('a ref of another repository may be chosen, too', async () => {
  const yamlOverride = `resources:\n  repositories:\n  - repository: Other\n    name: ${repository()}\nsteps:\n- template: ci/b.yml@other\n`;
  assert.deepEqual(scripts((await preview({ previewRun: true, yamlOverride })).body.finalYaml), ['echo new']);
  const resources = { repositories: { Other: { refName: 'v1' } } };
  assert.deepEqual(scripts((await preview({ previewRun: true, yamlOverride, resources })).body.finalYaml), [
    'echo old',
  ]);
});

test('a pipeline that is not there is a failure of the service’s kind', async () => {
  for (const id of [999_999, 'abc']) {
    const { status, body } = await preview({ previewRun: true }, id);
    assert.deepEqual(
      [status, body.typeKey, body.message],
      [500, 'PipelineNotFoundException', `The pipeline '${id}' does not exist`],
    );
  }
});

test('the route of runs previews too, and skips the stages that it is told to', async () => {
  const send = async (body: object) => {
    const answer = await server.call('POST', `pipelines/${pipeline}/runs`, body);
    return { status: answer.status, body: answer.body };
  };
  assert.ok((await send({ previewRun: true })).body.finalYaml);
  write(
    'ci/a.yml',
    'stages:\n- stage: A\n  jobs: [{job: J, steps: [{bash: a}]}]\n- stage: B\n  jobs: [{job: J, steps: [{bash: b}]}]\n',
  );
  git('commit', '-qam', 'three');
  const run = await send({ stagesToSkip: ['a'] });
  assert.equal(run.status, 200, JSON.stringify(run.body));
  const stages = (await server.records(run.body.id)).filter((one) => one.type === 'Stage').map((one) => one.name);
  assert.deepEqual(stages, ['B']);
  const none = await send({ stagesToSkip: ['A', 'B'] });
  assert.match(none.body.message, /Every stage of the pipeline is skipped/);
  const old = await send({ resources: { repositories: { self: { refName: 'refs/heads/other' } } } });
  assert.equal(old.body.resources.repositories.self.version, git('rev-parse', 'other'));
  assert.equal(old.body.resources.repositories.self.refName, 'refs/heads/other');
});
