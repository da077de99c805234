import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { afterEach, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { JobRequest } from '../contracts/agent.ts';
import { keepSources, keptFiles, keptText } from './kept-sources.ts';
import { jobTokenOf, openTestAgent, planPath, startTestServer, type TestServer } from './stand-ins.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
});
afterEach(() => server.close());

const explained = async (id: number, at?: string) =>
  (
    await server.call(
      'GET',
      `millrace/runs/${id}/explanation${at === undefined ? '' : `?at=${encodeURIComponent(at)}`}`,
    )
  ).body;

/** Reports the steps of a job as an agent does. @param results by the step's name */
async function report(job: JobRequest, results: Readonly<Record<string, string>>): Promise<void> {
  const value = job.steps.map((step, index) => ({
    id: step.id,
    parentId: job.jobId,
    type: 'Task',
    name: step.displayName,
    refName: step.name,
    order: index + 2,
    state: 'completed',
    result: results[step.name] ?? 'succeeded',
  }));
  await server.call('PATCH', `${planPath(job)}/timelines/${job.timeline.id}/records`, { value }, jobTokenOf(job));
}

// `UPDATE_DOCS=1` writes it anew; the page of the guide shows what the command line makes of it.
test('a step of a failed run is explained with what the run knew, as the guide shows it', async () => {
  const directory = await realpath(fileURLToPath(new URL('../language/explain/testdata/regions', import.meta.url)));
  const id = await server.queue('', { directory, text: undefined });
  const agent = await openTestAgent(server);
  const job = await agent.take();
  await report(job, { train: 'failed', publish: 'skipped' });
  await agent.complete(job, 'failed');
  const found = await explained(id, 'Train_eu/Train/publish');
  assert.equal(found.directory, directory);
  const golden = new URL('./testdata/explained-run.json', import.meta.url);
  const text = `${JSON.stringify({ ...found, directory: '/project' }, null, 2)}\n`;
  if (process.env['UPDATE_DOCS']) writeFileSync(golden, text);
  assert.equal(text, readFileSync(golden, 'utf8'));
});

const CHAIN = `
variables:
  drawn: $[ counter('c', 3) ]
jobs:
- job: A
  steps:
  - bash: a
    name: set
- job: B
  dependsOn: A
  condition: and(failed(), eq(dependencies.A.outputs['set.X'], '1'))
- job: C
  dependsOn: A
  condition: in(dependencies.A.result, 'Succeeded', 'Failed')
  variables:
    x: $[ dependencies.A.outputs['set.X'] ]
    key: $[ dependencies.A.outputs['set.KEY'] ]
    nothing: $[ dependencies.A.outputs['set.NOPE'] ]
  steps:
  - bash: echo $(x) $(drawn) $(key) $(given) $(System.JobName)
`;

type Tree = { text: string; state: string; value?: string; note?: string; parts: Tree[] };
const rows = (tree: Tree, depth = 0): string[] => [
  `${'  '.repeat(depth)}${tree.text} = ${tree.value ?? tree.state}${tree.note ? ` (${tree.note})` : ''}`,
  ...tree.parts.flatMap((one) => rows(one, depth + 1)),
];

test('conditions, runtime variables and macros have the values of the run, and no secret', async () => {
  const variables = { given: { value: 'secret-of-the-queue', isSecret: true } };
  const id = await server.queue(CHAIN, { variables });
  const of = async (at: string, name: string) =>
    (await explained(id, at)).explanation.properties.find((one: { name: string }) => one.name === name);
  const condition = async (at: string) => rows((await of(at, 'condition')).runtime);
  assert.deepEqual(await condition('C'), [
    "in(dependencies.A.result, 'Succeeded', 'Failed') = later",
    '  dependencies.A.result = later (A has not ended yet)',
  ]);
  const agent = await openTestAgent(server);
  const first = await agent.take();
  await report(first, { set: 'succeeded' });
  await agent.complete(first, 'succeeded', {
    'set.X': { value: '1' },
    'set.KEY': { value: 'secret-of-a-step', isSecret: true },
  });
  const second = await agent.take();
  await report(second, {});
  await agent.complete(second, 'succeeded');

  assert.equal((await explained(id, 'B')).explanation.outcome, 'Skipped');
  assert.deepEqual(await condition('B'), [
    "and(failed(), eq(dependencies.A.outputs['set.X'], '1')) = False",
    '  failed() = False',
    "    dependencies.A.result = 'Succeeded'",
    "  eq(dependencies.A.outputs['set.X'], '1') = skipped",
  ]);
  assert.deepEqual(await condition('C'), [
    "in(dependencies.A.result, 'Succeeded', 'Failed') = True",
    "  dependencies.A.result = 'Succeeded'",
  ]);
  assert.deepEqual(rows((await of('C', 'variables.nothing')).runtime), [
    "dependencies.A.outputs['set.NOPE'] = Null (dependencies.A.outputs has no 'set.NOPE', only set.X, set.KEY)",
  ]);
  const script = await of('C/Bash', 'inputs.script');
  assert.deepEqual(
    script.macros.map((one: { name: string; value?: string; note?: string }) => [one.name, one.value, one.note]),
    [
      ['x', '1', undefined],
      ['drawn', '3', undefined],
      ['key', undefined, undefined],
      ['given', undefined, 'a secret, whose value is not shown'],
      ['System.JobName', '__default', undefined],
    ],
  );
  assert.deepEqual(rows(script.macros[1].evaluated), ["counter('c', 3) = '3' (as the run has it)"]);
  assert.deepEqual(rows(script.macros[2].evaluated), [
    "dependencies.A.outputs['set.KEY'] = later (a secret, whose value is not shown)",
  ]);
});

test('a secret that a template expression has put into a text is masked', async () => {
  const variables = { given: { value: 'secret-of-the-queue', isSecret: true } };
  const id = await server.queue('steps:\n- bash: echo ${{ variables.given }}\n', { variables });
  const answer = JSON.stringify(await explained(id, 'Job/Bash'));
  assert.match(answer, /echo \*\*\*/);
  assert.doesNotMatch(answer, /secret-of-the-queue/);
});

test('each leg of a matrix that an output made has its own values and results', async () => {
  const id = await server.queue(`jobs:
- job: A
  steps: [{bash: a, name: set}]
- job: B
  dependsOn: A
  strategy:
    matrix: $[ dependencies.A.outputs['set.legs'] ]
  steps: [{bash: echo $(size), name: say}]
`);
  const agent = await openTestAgent(server);
  const first = await agent.take();
  await agent.complete(first, 'succeeded', { 'set.legs': { value: '{"small":{"size":"1"},"large":{"size":"9"}}' } });
  for (const result of ['succeeded', 'failed'] as const) {
    const job = await agent.take();
    await report(job, { say: result });
    await agent.complete(job, result);
  }
  const of = async (at: string) => (await explained(id, at)).explanation;
  const macro = async (at: string) =>
    (await of(at)).properties.find((one: { name: string }) => one.name === 'inputs.script').macros[0].value;
  assert.deepEqual([await macro('B/small/say'), await macro('B/large/say')], ['1', '9']);
  assert.deepEqual([(await of('B/small/say')).outcome, (await of('B/LARGE/say')).outcome], ['Succeeded', 'Failed']);
  assert.deepEqual([(await of('B/small')).outcome, (await of('B/large')).outcome], ['Succeeded', 'Failed']);
  assert.equal((await of('B/large')).note, 'the values are those of the leg large');
});

test('what was skipped with what holds it says so; what was skipped on its own has its own reason', async () => {
  const id = await server.queue(`stages:
- stage: A
  jobs: [{job: One, steps: [{bash: a, name: say}]}]
- stage: B
  jobs: [{job: K, steps: [{bash: a, name: say}]}]
- stage: C
  condition: always()
  jobs: [{job: L, condition: failed(), steps: [{bash: a, name: say}]}]
`);
  const of = async (at: string) => (await explained(id, at)).explanation.outcome;
  assert.deepEqual(
    [await of('B'), await of('B/K'), await of('B/K/say')],
    ['pending', 'pending', 'not started with its job'],
  );
  const agent = await openTestAgent(server);
  const job = await agent.take();
  await report(job, { say: 'failed' });
  await agent.complete(job, 'failed');
  assert.equal(await of('B'), 'Skipped');
  assert.equal(await of('B/K'), 'Skipped with its stage; see --at B');
  assert.equal(await of('B/K/say'), 'Skipped with its stage; see --at B');
  assert.deepEqual([await of('C'), await of('C/L')], ['Skipped', 'Skipped']);
  assert.equal(await of('C/L/say'), 'Skipped with its job; see --at C/L');
});

test('what a canceled run had begun was decided on before; the rest was not to run', async () => {
  const id = await server.queue('jobs:\n- job: A\n  steps: [{bash: a}]\n- job: B\n  dependsOn: A\n');
  const agent = await openTestAgent(server);
  const job = await agent.take();
  await server.call('PATCH', `build/builds/${id}`, { status: 'cancelling' });
  await agent.complete(job, 'canceled');
  const condition = async (at: string) => rows((await explained(id, at)).explanation.properties[0].runtime);
  assert.deepEqual(await condition('A'), ['succeeded() = True']);
  const { properties } = (await explained(id, 'B')).explanation;
  const tree = properties.find((one: { name: string }) => one.name === 'condition').runtime;
  assert.deepEqual(rows(tree), ['succeeded() = False (the run is canceled)', "  dependencies.A.result = 'Canceled'"]);
});

test('without a path it lists what there is, for a wrong one what there would be; an unknown run is not found', async () => {
  const id = await server.queue(CHAIN);
  assert.deepEqual(
    (await explained(id)).parts.map((one: { path: string }) => one.path),
    ['A', 'A/Checkout', 'A/set', 'B', 'B/Checkout', 'C', 'C/Checkout', 'C/Bash'],
  );
  assert.deepEqual((await explained(id, 'A/sett')).unknown.names, ['Checkout', 'set']);
  const missing = await server.call('GET', 'millrace/runs/99/explanation');
  assert.equal(missing.status, 404);
});

test('sources too large to keep are not kept, and explaining says so', async () => {
  const id = await server.queue(`# ${'x'.repeat(600_000)}\n${CHAIN}`);
  const { status, body } = await server.call('GET', `millrace/runs/${id}/explanation`);
  assert.equal(status, 409);
  assert.match(body.message, /not kept/);
});

test('kept sources answer as the provider did, those of other repositories too', async () => {
  const kept = keepSources({
    read: async (path) => (path === '/a.yml' ? 'own' : undefined),
    repository: async ({ alias }) =>
      alias === 'Lib' ? { url: 'u', ref: 'r', version: 'v', read: async (path) => `lib ${path}` } : undefined,
  });
  const declared = (alias: string) => ({ alias, type: 'git', name: 'x' });
  assert.equal(await kept.files.read('/a.yml'), 'own');
  assert.equal(await (await kept.files.repository?.(declared('Lib')))?.read('/t.yml'), 'lib /t.yml');
  const again = keptFiles(kept.kept()!);
  assert.equal(await again.read('/a.yml'), 'own');
  assert.equal(await again.read('/toString'), undefined);
  assert.equal(await (await again.repository?.(declared('LIB')))?.read('/t.yml'), 'lib /t.yml');
  assert.equal(await again.repository?.(declared('other')), undefined);
  assert.equal(keptText(kept.kept()!, '/t.yml@lib'), 'lib /t.yml');
});
