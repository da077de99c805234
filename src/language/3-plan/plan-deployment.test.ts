import assert from 'node:assert/strict';
import { it } from 'node:test';
import { compile, type PlanHook } from '../index.ts';

async function hooksOf(strategy: string, rest = 'environment: prod') {
  const { plan, diagnostics, warnings } = await compile({
    file: '/p.yml',
    text: `jobs:\n- deployment: D\n  pool: own\n  ${rest}\n  strategy: ${strategy}\n`,
    files: { read: async () => undefined },
    acceptUnbuilt: true,
  });
  return { job: plan?.stages[0]?.jobs[0], errors: diagnostics.map((one) => one.text), warnings };
}

function shown(hook: PlanHook) {
  const pool = hook.pool.kind === 'server' ? 'server' : hook.pool.name;
  const scripts = hook.steps.filter((step) => step.enabled).map((step) => step.inputs.script ?? step.task.name);
  return [hook.hook, hook.outputs, pool, hook.variables['Strategy.Action'], ...scripts].join(' ');
}

it('unrolls a deployment that runs once into its hooks, in the order of its life', async () => {
  const { job, errors, warnings } = await hooksOf(
    `{runOnce: {
      on: {failure: {steps: [{script: f}]}, success: {pool: late, steps: [{script: s}]}},
      deploy: {steps: [{script: d}]},
      postRouteTraffic: {steps: [{script: r2}]},
      routeTraffic: {steps: [{script: r1}]},
      preDeploy: {pool: server, steps: [{task: Delay@1}]}}}`,
  );
  assert.deepEqual(errors, []);
  assert.equal(warnings.filter((one) => one.code === 'not-implemented').length, 4);
  assert.equal(job?.deployment?.strategy, 'runOnce');
  assert.deepEqual(job?.deployment?.hooks.map(shown), [
    'preDeploy D server deploy Delay',
    'deploy D own deploy DownloadPipelineArtifact d',
    'routeTraffic D own deploy r1',
    'postRouteTraffic D own deploy r2',
    'success D late promote s',
    'failure D own reject f',
  ]);
  assert.deepEqual(
    [job?.legs.map((leg) => leg.name), job?.steps.at(-1)?.inputs.script, job?.pool],
    [['D'], 'd', { kind: 'agents', name: 'own', demands: [] }],
  );
});

it('repeats the hooks of a canary for each increment', async () => {
  const { job } = await hooksOf(
    '{canary: {increments: [10, 50], preDeploy: {steps: []}, deploy: {steps: [{script: d}]}, routeTraffic: {steps: []}, on: {success: {steps: []}}}}',
  );
  assert.deepEqual(job?.deployment?.hooks.map(shown), [
    'preDeploy preDeploy_ own deploy',
    'deploy deploy_10 own deploy DownloadPipelineArtifact d',
    'routeTraffic routeTraffic_10 own deploy',
    'deploy deploy_50 own deploy DownloadPipelineArtifact d',
    'routeTraffic routeTraffic_50 own deploy',
    'success success_ own promote',
  ]);
  assert.deepEqual(
    job?.deployment?.hooks.map((one) => one.variables['Strategy.Increment'] ?? '-'),
    ['-', '10', '10', '50', '50', '-'],
  );
});

it('plans a rolling deployment for its targets and judges how many at a time', async () => {
  const rest = 'environment: {name: prod, resourceType: virtualMachine}';
  const { job, errors } = await hooksOf('{rolling: {maxParallel: 25%, deploy: {steps: [{script: d}]}}}', rest);
  assert.deepEqual(errors, []);
  assert.deepEqual(
    [job?.deployment?.maxParallel, job?.deployment?.resourceType, job?.deployment?.hooks.map(shown)],
    ['25%', 'virtualMachine', ['deploy deploy_ own deploy DownloadPipelineArtifact d']],
  );
  assert.equal(job?.maxParallel, undefined);
  const faults: [string, string][] = [
    ['0', 'Absolute rolling value should be greater than zero.'],
    ['-1', 'Absolute rolling value should be greater than zero.'],
    ['0%', 'Percentage rolling value should be with in 1 to 100.'],
    ['101%', 'Percentage rolling value should be with in 1 to 100.'],
    ['some', 'some is not supported as rolling option.'],
  ];
  for (const [value, text] of faults)
    assert.deepEqual((await hooksOf(`{rolling: {maxParallel: ${value}, deploy: {steps: []}}}`)).errors, [text]);
  assert.deepEqual((await hooksOf('{rolling: {maxParallel: $(n), deploy: {steps: []}}}')).errors, []);
});

it('keys outputs by the resource that is named, and asks for an environment', async () => {
  const { job } = await hooksOf('{runOnce: {deploy: {steps: []}}}', 'environment: prod.web.eu');
  assert.deepEqual(
    [job?.deployment?.environment, job?.deployment?.resource, job?.deployment?.hooks[0]?.outputs],
    ['prod', 'web.eu', 'Deploy_web.eu'],
  );
  assert.equal(job?.legs[0]?.variables['Environment.ResourceName'], 'web.eu');
  const { errors } = await hooksOf('{runOnce: {deploy: {steps: []}}}', 'displayName: x');
  assert.deepEqual(errors, ['Job D: Environment is required.']);
});

it('begins the deploy hook with the artifacts of the run, unless a step says what is downloaded', async () => {
  const begin = async (steps: string) =>
    (await hooksOf(`{runOnce: {preDeploy: {steps: []}, deploy: {steps: ${steps}}}}`)).job?.deployment?.hooks.map(
      (hook) =>
        hook.steps.map((step) => `${step.task.name} ${step.inputs.alias ?? step.inputs.repository} ${step.enabled}`),
    );
  const nothing = 'Checkout none false';
  assert.deepEqual(await begin('[]'), [[nothing], [nothing, 'DownloadPipelineArtifact current true']]);
  assert.deepEqual(await begin('[{download: none}]'), [[nothing], [nothing, 'DownloadPipelineArtifact none false']]);
  assert.deepEqual(await begin('[{download: current, artifact: a}]'), [
    [nothing],
    [nothing, 'DownloadPipelineArtifact current true'],
  ]);
  assert.deepEqual((await hooksOf('{runOnce: {deploy: {pool: server, steps: []}}}')).job?.steps, []);
});
