import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import {
  type CompileResult,
  compile,
  formatDiagnostic,
  type Plan,
  type TaskCatalog,
  type TaskManifestLike,
} from './index.ts';

const files = { read: async () => undefined };
const compileText = (text: string, tasks?: TaskCatalog) =>
  compile({ file: '/p.yml', text, files, ...(tasks ? { tasks } : {}) });

async function plan(text: string, tasks?: TaskCatalog): Promise<Plan> {
  const result = await compileText(text, tasks);
  assert.deepEqual(result.diagnostics, []);
  assert.ok(result.plan);
  return result.plan;
}

const bash: TaskManifestLike = {
  id: '6c731c3c-3c68-459a-a5c9-bde6e6595b5b',
  name: 'Bash',
  version: { Major: 3 },
  inputs: [
    { name: 'targetType', type: 'radio', defaultValue: 'filePath', required: false },
    { name: 'filePath', type: 'filePath', required: true, visibleRule: 'targetType = filePath' },
    { name: 'script', aliases: ['scriptText'], type: 'multiLine', required: true, visibleRule: 'targetType = inline' },
  ],
};
const catalog: TaskCatalog = {
  find: (name, major) => (name.toLowerCase() === 'bash' && major === '3' ? bash : undefined),
};

describe('the plan', () => {
  it('of our own pipeline of the tutorial\u2019s constructs', async () => {
    const text = readFileSync(new URL('./testdata/pipelines/train-and-wait.yml', import.meta.url), 'utf8');
    const { name, stages, variables } = await plan(text);
    assert.equal(name, 'train-$(Date:yyyyMMdd).$(Rev:r)');
    assert.deepEqual(
      variables.map((one) => one.kind === 'value' && one.value),
      ['azure', 'taxi-rg'],
    );
    assert.equal(stages.length, 1);
    assert.equal(stages[0]?.name, '__default');
    const [submit, wait] = stages[0]?.jobs ?? [];
    assert.deepEqual(submit?.pool, { kind: 'agents', vmImage: 'ubuntu-latest', demands: [] });
    assert.deepEqual([submit?.timeoutInMinutes, submit?.cancelTimeoutInMinutes], [300, 5]);
    assert.deepEqual(
      submit?.steps.map((step) => [step.name, step.named, step.task.name]),
      [
        ['Checkout', false, 'Checkout'],
        ['UsePythonVersion', false, 'UsePythonVersion'],
        ['Bash', false, 'Bash'],
        ['submit', true, 'AzureCLI'],
      ],
    );
    assert.match(
      submit?.steps[3]?.inputs['inlineScript'] ?? '',
      /^\n# the first line.*\njob=\$\(az ml job create .* -g \$\(group\)/,
    );
    assert.deepEqual([wait?.pool, wait?.timeoutInMinutes, wait?.dependsOn], [{ kind: 'server' }, 0, ['Submit']]);
    assert.deepEqual(
      wait?.steps.map((step) => step.task.name),
      ['AzureMLJobWaitTask'],
      'no checkout without an agent',
    );
    assert.equal(
      wait?.variables[0]?.kind === 'value' && wait.variables[0].value,
      "$[ dependencies.Submit.outputs['submit.JOB'] ]",
    );
    assert.deepEqual(wait?.position, { file: '/p.yml', line: 39, column: 3 });
  });

  it('finds tasks, resolves aliases and asks for required inputs that are visible', async () => {
    const { stages } = await plan(
      'steps:\n- task: bash@3\n  inputs: {targettype: inline, ScriptText: x, other: y}\n',
      catalog,
    );
    const step = stages[0]?.jobs[0]?.steps[1];
    assert.deepEqual(step?.task, { id: bash.id, name: 'Bash', version: '3' });
    assert.deepEqual(step?.inputs, { targetType: 'inline', script: 'x', other: 'y' });
    const text =
      'steps:\n- bash: ""\n  name: b\n- task: Bash@3\n- task: Nope@1\n  name: n\n- task: Nope@1\n  enabled: false\n- checkout: other\n';
    const { diagnostics } = await compileText(text, catalog);
    assert.deepEqual(
      diagnostics.map((one) => [one.code, one.line]),
      [
        ['task-input-missing', 2],
        ['task-input-missing', 4],
        ['task-missing', 5],
        ['checkout-repository-unknown', 9],
      ],
    );
    assert.match(diagnostics[2]?.text ?? '', /\(Task version 1, job 'Job', step 'n'\.\)$/);
  });

  it('gives names, implied dependencies, conditions and legs', async () => {
    const { stages, repositories } = await plan(`
resources: {repositories: [{repository: lib, type: git, name: p/lib, ref: refs/tags/v1}]}
stages:
- stage: A
  pool: x
  jobs:
  - job:
    strategy: {matrix: {one: {k: 1}, 2x: {k: 2}}, maxParallel: 2}
    steps: [{script: a}, {script: b}, {script: c, name: CmdLine1}, {script: d}]
  - job: M
    strategy: {matrix: "$[ dependencies.A.outputs['m'] ]"}
  - job: P
    strategy: {parallel: 3}
    condition: always()
    workspace: {clean: all}
    continueOnError: true
    pool: {name: q, demands: d -equals 1}
- stage:
- stage: C
  dependsOn: []
  trigger: manual
`);
    assert.deepEqual(repositories, [{ alias: 'lib', type: 'git', name: 'p/lib', ref: 'refs/tags/v1' }]);
    assert.deepEqual(
      stages.map((one) => [one.name, one.dependsOn, one.isManual ?? false]),
      [
        ['A', [], false],
        ['Stage1', ['A'], false],
        ['C', [], true],
      ],
    );
    const [first, m, p] = stages[0]?.jobs ?? [];
    assert.equal(first?.name, 'Job1');
    assert.deepEqual(first?.pool, { kind: 'agents', name: 'x', demands: [] });
    assert.deepEqual(first?.legs, [
      { name: 'one', variables: { k: '1' } },
      { name: 'Job2', variables: { k: '2' } },
    ]);
    assert.equal(first?.maxParallel, 2);
    assert.deepEqual(
      first?.steps.map((step) => step.name),
      ['Checkout', 'CmdLine2', 'CmdLine3', 'CmdLine1', 'CmdLine4'],
    );
    assert.equal(m?.matrixExpression, "$[ dependencies.A.outputs['m'] ]");
    assert.deepEqual(
      p?.legs.map((leg) => leg.name),
      ['Job1', 'Job2', 'Job3'],
    );
    assert.deepEqual(
      [p?.condition, p?.workspaceClean, p?.continueOnError, p?.pool],
      ['always()', 'all', true, { kind: 'agents', name: 'q', demands: ['d -equals 1'] }],
    );
  });

  it('carries the settings of a step', async () => {
    const { stages } = await plan(`steps:
- checkout: none
- script: a
  timeoutInMinutes: 3
  retryCountOnTaskFailure: 99
  continueOnError: \${{ true }}
  enabled: no
  condition: failed()
  target: {container: host, commands: restricted, settableVariables: none}
  env: {A: 1, B: ''}
`);
    const [none, step] = stages[0]?.jobs[0]?.steps ?? [];
    assert.deepEqual([none?.inputs['repository'], none?.enabled], ['none', false]);
    assert.deepEqual(
      [
        step?.timeoutInMinutes,
        step?.retryCountOnTaskFailure,
        step?.continueOnError,
        step?.enabled,
        step?.condition,
        step?.env,
        step?.target,
      ],
      [
        3,
        10,
        'True',
        false,
        'failed()',
        { A: '1', B: '' },
        { target: 'host', commands: 'restricted', settableVariables: [] },
      ],
    );
  });
});

it('judges what the server has, macros of known values filled in', async () => {
  const azure: TaskManifestLike = {
    id: 'a',
    name: 'Azure',
    version: { Major: 1 },
    inputs: [{ name: 'connection', aliases: ['azureSubscription'], type: 'connectedService:AzureRM', required: true }],
  };
  const text = `variables:
- group: here
- group: gone
- {name: c, value: nobody}
jobs:
- deployment: D
  environment: prod.web
  pool: there
  strategy: {runOnce: {deploy: {steps: [{task: Azure@1, inputs: {azureSubscription: $(c)}}, {task: Azure@1, inputs: {connection: $(later)}}]}}}
- job: J
  pool: {name: nowhere}
`;
  const has = (name: string) => ['here', 'there'].includes(name.toLowerCase());
  const { diagnostics } = await compile({
    file: '/p.yml',
    text,
    files,
    tasks: { find: (name) => (name === 'Azure' ? azure : undefined) },
    resources: { hasVariableGroup: has, hasEnvironment: has, hasPool: has, hasServiceConnection: has },
  });
  assert.deepEqual(
    diagnostics.map((one) => [one.code, one.line]),
    [
      ['group-not-found', 3],
      ['environment-not-found', 6],
      ['connection-not-found', 9],
      ['pool-not-found', 10],
    ],
  );
  assert.match(
    diagnostics[2]?.text ?? '',
    /^Job D: Step Azure1 input connection references service connection nobody which/,
  );
});

it('refuses tasks of the server on an agent, and the other way round', async () => {
  const task = (name: string, runsOn: string[]) => ({ id: name, name, version: { Major: 1 }, inputs: [], runsOn });
  const known = [task('Delay', ['Server', 'ServerGate']), task('Bash', ['Agent', 'DeploymentGroup']), task('Both', [])];
  const text =
    'jobs: [{job: A, pool: server, steps: [{task: Delay@1}, {task: Bash@1, name: n}, {task: Both@1}]}, {job: B, steps: [{task: Delay@1}, {task: Bash@1}]}]';
  const { diagnostics } = await compile({
    file: '/p.yml',
    text,
    files,
    tasks: { find: (name) => known.find((one) => one.name === name) },
  });
  assert.deepEqual(
    diagnostics.map((one) => one.text),
    [
      "Job A: Step n references task 'Bash' at version '1' which is not valid for the given job target.",
      "Job B: Step  references task 'Delay' at version '1' which is not valid for the given job target.",
    ],
  );
});

it('keys the outputs of a deployment by its name, and says what is not built', async () => {
  const one = await plan(
    'jobs: [{deployment: D, environment: e.r, strategy: {runOnce: {deploy: {steps: [{script: a}]}}}}]',
  );
  const job = one.stages[0]?.jobs[0];
  assert.deepEqual(
    job?.legs.map((leg) => leg.name),
    ['Deploy_r'],
  );
  assert.deepEqual([job?.deployment?.environment, job?.deployment?.resource], ['e', 'r']);
  assert.deepEqual(
    job?.steps.map((step) => [step.task.name, step.enabled]),
    [
      ['Checkout', false],
      ['DownloadPipelineArtifact', true],
      ['CmdLine', true],
    ],
  );
  const text = 'jobs: [{deployment: D, environment: e, strategy: {rolling: {deploy: {steps: []}}}}]';
  assert.deepEqual(
    (await compileText(text)).diagnostics.map((found) => found.code),
    ['not-implemented'],
  );
  const accepted = await compile({ file: '/p.yml', text, files, acceptUnbuilt: true });
  assert.deepEqual(
    [accepted.diagnostics.length, accepted.warnings.map((found) => [found.code, found.severity])],
    [
      0,
      [
        ['not-implemented', 'warning'],
        ['not-looked-at', 'warning'],
      ],
    ],
  );
  assert.ok(accepted.plan && accepted.finalYaml);
});

it('refuses what would run elsewhere than it says, and warns of what a run goes on without', async () => {
  const text = `resources:
  containers:
  - container: box
    image: ubuntu
  pipelines:
  - pipeline: up
    source: other
pool: {name: Default, demands: [gpu]}
jobs:
- job: A
  container: box
  services: {db: box}
  steps:
  - bash: a
    target: box
  - bash: b
    target: host
  - bash: c
    target: {container: box, commands: restricted}
  - bash: d
    target: {commands: restricted}
- deployment: D
  environment: prod.web
  pool: {vmImage: x, demands: ''}
  strategy: {runOnce: {deploy: {steps: [{bash: e, target: box}]}}}
`;
  const told = ({ diagnostics, warnings }: CompileResult) => ({
    refused: diagnostics.map((one) => `${one.line}:${one.column} ${one.message}`),
    warned: warnings.map((one) => `${one.line}:${one.column} ${one.message}`),
  });
  const refused = [
    '11:14 not implemented: job container',
    '12:13 not implemented: job services',
    '15:13 not implemented: a container as the target of a step',
    '19:25 not implemented: a container as the target of a step',
    '25:59 not implemented: a container as the target of a step',
  ];
  const warned = [
    "6:5 not looked at: resource 'up' of 'pipelines': its runs start none of this pipeline, and its variables are empty",
    "3:5 not looked at: resource 'box' of 'containers': nothing is pulled",
    '8:32 not looked at: demands of a pool: every job runs on this machine, whatever it has',
    "23:16 not looked at: environment 'prod': the job waits for none of the approvals and checks that it may have in Azure DevOps",
  ];
  assert.deepEqual(told(await compileText(text)), { refused, warned });
  const accepted = await compile({ file: '/p.yml', text, files, acceptUnbuilt: true });
  assert.deepEqual(told(accepted).refused, []);
  assert.deepEqual(told(accepted).warned.toSorted(), [...refused, ...warned].toSorted());
  assert.ok(accepted.plan);
});

it('shows a diagnostic with its line and a caret', async () => {
  const text = 'steps:\n- script: a\n  \tfoo: b\n'.replace('\t', '');
  const [diagnostic] = (await compileText(text)).diagnostics;
  assert.ok(diagnostic);
  assert.equal(
    formatDiagnostic(diagnostic, text),
    `p.yml:3:3: Unexpected value 'foo'\n    foo: b\n    ^\n  ${diagnostic.hint}`,
  );
});

it('a task of the service that is not here is no missing task: its place is said, and what else is wrong with it', async () => {
  const text = 'steps:\n- task: CopyFiles@2\n  condition: eq(\n- task: Other@2\n';
  const tasks = {
    find: () => undefined,
    serviceTask: (name: string, major: string) =>
      name + major === 'CopyFiles2' ? { name, major, inputs: [] } : undefined,
  };
  const { diagnostics, warnings } = await compile({ file: '/p.yml', text, files, tasks, acceptUnbuilt: true });
  assert.deepEqual(
    [...warnings, ...diagnostics].map((one) => [one.code, one.line, one.column]),
    [
      ['not-implemented', 2, 9],
      ['step-condition-invalid', 3, 14],
      ['task-missing', 4, 3],
    ],
  );
});
