import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type FakeAzure, loggedIn, startFakeAzure, WORKSPACE } from '../../../testing/fake-azure.ts';
import { withResourceGroups } from '../entity.ts';
import { pythonJson } from '../load/yaml-value.ts';

const cases = join(dirname(fileURLToPath(import.meta.url)), 'testdata');
const SCOPE = ['-g', 'rg', '-w', 'ws'];

type Expected = { puts: { path: string; body: unknown }[]; output: Record<string, unknown>; blobs: string[] };

/** What differs from one submission to the next: the job's name and the code assets' GUIDs. */
function settle(value: unknown, job: string, codes: readonly string[]): unknown {
  let text = JSON.stringify(value).replaceAll(job, '{job}').replaceAll(WORKSPACE, '{ws}');
  for (const code of codes) text = text.replaceAll(code, '{code}');
  // A component's hash takes in its code's random id, so it differs too.
  text = text.replace(/(azureml_anonymous\/versions\/)(?!9{8})[0-9a-f-]{36}/g, '$1{hash}');
  return JSON.parse(text);
}

describe('az ml job create', () => {
  let fake: FakeAzure;
  let cwd: string;
  before(async () => {
    fake = await startFakeAzure();
    cwd = join(fake.env['HOME'] ?? '', 'rec');
    mkdirSync(cwd);
  });
  after(() => fake.close());
  beforeEach(async () => {
    fake.handlers = [];
    fake.resources.clear();
    fake.blobs.clear();
    await loggedIn(fake);
  });

  for (const name of readdirSync(cases)) {
    test(`sends and prints what the public client does: ${name}`, async () => {
      const expected = JSON.parse(readFileSync(join(cases, name, 'recorded.json'), 'utf8')) as Expected;
      const result = await fake.az(['ml', 'job', 'create', '-f', join(cases, name, 'job.yml'), ...SCOPE], { cwd });
      assert.equal(result.code, 0, result.err);
      const output = JSON.parse(result.out) as { name: string };
      const codes = fake.requests.flatMap(
        (request) => /\/codes\/([0-9a-f-]{36})\/versions\/1$/.exec(request.path)?.[1] ?? [],
      );
      const puts = fake.requests
        .filter((request) => request.method === 'PUT' && !request.host.includes('blob'))
        .map(({ path, body }) => ({ path, body }));
      // The clients send some things twice and in another order; what counts is what arrives.
      const kinds = (all: { path: string }[]) => {
        const distinct = new Map(all.map((one) => [pythonJson(one), one]));
        return [...distinct.keys()].sort().map((key) => distinct.get(key));
      };
      const mine = settle(puts, output.name, codes) as { path: string }[];
      const theirs = settle(expected.puts, '{job}', []) as { path: string }[];
      assert.deepEqual(kinds(mine), kinds(theirs));
      const wanted = JSON.parse(JSON.stringify(expected.output).replaceAll('{ws}', WORKSPACE)) as unknown;
      const printed = settle(output, output.name, codes);
      assert.deepEqual(printed, settle(withResourceGroups(wanted), '{job}', []));
      const blobs = [...fake.blobs.keys()].sort();
      assert.deepEqual(blobs, expected.blobs);
    });
  }

  test('a job for the machine itself has no compute, and the mark of the public client', async () => {
    const file = join(cwd, 'local.yml');
    writeFileSync(file, 'command: echo\nenvironment: azureml:e:1\ncompute: local\nresources: {shm_size: 1g}\n');
    const { code, err } = await fake.az(['ml', 'job', 'create', '-f', file, ...SCOPE], { cwd });
    assert.equal(code, 0, err);
    const put = fake.requests.findLast((one) => one.method === 'PUT');
    const { properties } = (put?.body ?? {}) as { properties: Record<string, unknown> };
    assert.equal(properties['computeId'], undefined);
    assert.deepEqual(properties['resources'], { shmSize: '1g', properties: { IsLocal: { IsLocal: true } } });
  });

  // The list and its name on the wire: azure-ai-ml 1.33 reads and writes them so (client source).
  test('docker_args as a text and as a list', async () => {
    for (const [yaml, key, value] of [
      ['--init -m 1g', 'dockerArgs', '--init -m 1g'],
      ['[--init, --memory=1g]', 'dockerArgsList', ['--init', '--memory=1g']],
    ] as const) {
      const file = join(cwd, 'docker-args.yml');
      const text = `command: echo\nenvironment: azureml:e:1\ncompute: azureml:c\nresources: { docker_args: ${yaml} }\n`;
      writeFileSync(file, text);
      const result = await fake.az(['ml', 'job', 'create', '-f', file, ...SCOPE], { cwd });
      assert.equal(result.code, 0, result.err);
      const sent = fake.requests.findLast(({ method, path }) => method === 'PUT' && path.includes('/jobs/'))?.body;
      assert.ok(sent);
      assert.deepEqual((sent as { properties: { resources: unknown } }).properties.resources, { [key]: value });
    }
  });

  test('a build context in git goes on by its address, with the same version each time', async () => {
    const file = join(cwd, 'git.yml');
    const build = 'https://github.com/org/repo.git#main:docker';
    writeFileSync(file, `command: echo\nenvironment: { build: { path: "${build}" } }\ncompute: azureml:c\n`);
    const paths = [];
    for (let time = 0; time < 2; time++) {
      const result = await fake.az(['ml', 'job', 'create', '-f', file, ...SCOPE], { cwd });
      assert.equal(result.code, 0, result.err);
      const put = fake.requests.findLast(({ method, path }) => method === 'PUT' && path.includes('/environments/'));
      assert.ok(put);
      assert.deepEqual((put.body as { properties: { build: unknown } }).properties.build, { contextUri: build });
      paths.push(put.path);
    }
    assert.equal(paths[0], paths[1]);
  });
});
