import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compile } from '../compile.ts';
import type { ServiceTask, TaskCatalog, TaskManifestLike } from './task-catalog.ts';

const bashId = '6c731c3c-3c68-459a-a5c9-bde6e6595b5b';
const copyFilesId = '5bfb729a-a7c8-4a78-a7c3-8d717bb7c13c';
const bash: TaskManifestLike = {
  id: bashId,
  name: 'Bash',
  version: { Major: 3 },
  inputs: [
    { name: 'script', aliases: ['scriptText'], type: 'multiLine' },
    { name: 'arguments', type: 'string' },
  ],
};
const inputsOf = (names: string) =>
  names.split(' ').map((name) => ({ name: name.replace('*', ''), required: name.endsWith('*') }));
const newerBash: ServiceTask = { name: 'Bash', major: '3', inputs: inputsOf('script arguments bashEnvValue') };
const copyFiles: ServiceTask = {
  name: 'CopyFiles',
  major: '2',
  inputs: inputsOf('SourceFolder Contents TargetFolder* Account*'),
};
const tasks: TaskCatalog = {
  find: (task, major) => (['bash', bashId].includes(task.toLowerCase()) && major === '3' ? bash : undefined),
  serviceTask(task, major) {
    if (['copyfiles', copyFilesId].includes(task.toLowerCase()) && major === '2') return copyFiles;
    return task === 'Bash' && major === '3' ? newerBash : undefined;
  },
};

const check = (text: string, more: object = {}) =>
  compile({ file: '/p.yml', text, files: { read: async () => undefined }, tasks, acceptUnbuilt: true, ...more });

async function told(steps: string) {
  const { warnings, diagnostics } = await check(`steps:\n${steps}`);
  return [...diagnostics, ...warnings]
    .filter(({ code }) => code !== 'not-implemented')
    .map((one) =>
      [one.severity, `${one.line}:${one.column}`, one.message, ...(one.hint ? [one.hint] : [])].join(' | '),
    );
}

describe('a task by its id', () => {
  it('is the task, built or not', async () => {
    const text = `steps:\n- task: ${bashId.toUpperCase()}@3\n- task: ${copyFilesId}@2.200.1\n  inputs: {TargetFolder: x, Account: y}\n`;
    const { plan, warnings } = await check(text);
    assert.deepEqual(
      plan?.stages[0]?.jobs[0]?.steps.map(({ name, task }) => [name, task.name, task.id]),
      [
        ['Checkout', 'Checkout', '6d15af64-176c-496d-b583-fd2ae21d4df4'],
        ['Bash', 'Bash', bashId],
        ['CopyFiles', 'CopyFiles', undefined],
      ],
    );
    assert.deepEqual(
      warnings.map((one) => one.message),
      ['not implemented: CopyFiles@2.200.1'],
    );
    const { diagnostics } = await check(text, { acceptUnbuilt: false });
    assert.deepEqual(
      diagnostics.map((one) => [one.code, one.message, one.line]),
      [['not-implemented', 'not implemented: CopyFiles@2.200.1', 3]],
    );
  });

  it('is missing in a version that there is not', async () => {
    const { diagnostics } = await check(`steps:\n- task: ${copyFilesId}@9\n`);
    assert.deepEqual(
      diagnostics.map((one) => [one.code, one.line]),
      [['task-missing', 2]],
    );
  });
});

describe('inputs', () => {
  it('that a built task and the service’s don’t know are told of, never as errors', async () => {
    const step = (task: string, inputs: string) => `- task: ${task}\n  inputs: {${inputs}}\n`;
    assert.deepEqual(await told(step('Bash@3', 'SCRIPTTEXT: a, bashEnvValue: b')), []);
    const unknown = "No input 'argumens' of the task Bash@3 is known";
    for (const task of ['bash@3', `${bashId}@3.1`])
      assert.deepEqual(await told(step(task, 'script: a, argumens: b')), [
        `warning | 3:23 | ${unknown} | Did you mean 'arguments'?`,
      ]);
    assert.deepEqual(await told(step('Bash@3', 'colour: b')), [
      "warning | 3:12 | No input 'colour' of the task Bash@3 is known",
    ]);
  });

  it('of a task that is not built are told of where a name is all but right, or where nothing else may stand for one', async () => {
    const step = (inputs: string, more = '') => `- task: CopyFiles@2\n  inputs: {${inputs}}\n${more}`;
    assert.deepEqual(await told(step('targetfolder: a, Account: $(b)')), []);
    assert.deepEqual(await told(step('TargetFodler: a, Account: b')), [
      "warning | 3:12 | No input 'TargetFodler' of the task CopyFiles@2 is known | Did you mean 'TargetFolder'?",
    ]);
    // It may be newer than what is known, or another name of an input.
    assert.deepEqual(await told(step('TargetDirectory: a')), []);
    assert.deepEqual(await told(step('Account: ""')), [
      "warning | 2:9 | The task CopyFiles@2 has no value for 'TargetFolder', which it needs",
    ]);
    assert.deepEqual(await told('- task: CopyFiles@2\n'), [
      "warning | 2:9 | The task CopyFiles@2 has no value for 'TargetFolder', 'Account', which it needs",
    ]);
    assert.deepEqual(await told(step('TargetFodler: a', '  enabled: false\n')), []);
  });

  it('are told of once for a place, however often it is used, and only for the jobs that are to run', async () => {
    const text = `
parameters:
- {name: jobs, type: object, default: [a, b, c]}
jobs:
- \${{ each job in parameters.jobs }}:
  - job: \${{ job }}
    steps:
    - task: Bash@3
      inputs: {script: a, argument: b}
- job: other
  steps:
  - task: Bash@3
    inputs: {script: a, scriptTex: b}
`;
    const messages = async (more: object = {}) => (await check(text, more)).warnings.map((one) => one.message);
    const [first, second] = ['argument', 'scriptTex'].map((name) => `No input '${name}' of the task Bash@3 is known`);
    assert.deepEqual(await messages(), [first, second]);
    assert.deepEqual(await messages({ runs: (_: string, job: string) => job === 'b' }), [first]);
  });
});
