import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { shapeNames, shapeOf } from './1-read/schema.ts';
import { jsonSchema } from './json-schema.ts';
import { readCases } from './testdata/read-cases.ts';

const tasks = [
  {
    reference: 'Bash@3',
    description: 'Runs a script.',
    inputs: [{ names: ['targetType'], description: 'Where the script is.', options: ['filePath', 'inline'] }],
  },
];
// Directives of one kind may stand several times in a mapping.
const read = (text: string) => parse(text, { uniqueKeys: false, version: '1.2' });
const makeJudge = (schema: object) => new Ajv({ strict: false, allErrors: true }).compile(schema);

describe('the JSON schema', () => {
  const judge = makeJudge(jsonSchema());
  for (const { name, sections } of readCases()) {
    const text = sections.get('/azure-pipelines.yml');
    // What the compiler takes the editor must take. The old way to name parameters is a matter of templates.
    if (!sections.has('final') || text === undefined) continue;
    it(`takes ${name}`, () => {
      judge(read(text));
      assert.deepEqual(judge.errors ?? [], []);
    });
  }

  it('refuses what the compiler refuses', () => {
    const wrong = [
      'steps:\n- script: a\n  foo: b',
      'stages:\n- stage: a\n  jobs:\n  - job: b\n    dependOn: c',
      'jobs:\n- job: a\n  workspace:\n    clean: some',
      'schedules:\n- cron: 0 0 * * *\n  batch: 7\nsteps: []',
      'jobs: nothing',
      'steps:\n- displayName: a\n  name: b',
    ];
    for (const text of wrong) assert.equal(judge(read(text)), false, text);
  });

  it('knows the inputs of tasks, in any case of their names', () => {
    const known = makeJudge(jsonSchema(tasks));
    const step = (reference: string, type: string) =>
      read(`steps:\n- task: ${reference}\n  inputs:\n    targetType: ${type}\n    other: x`);
    assert.equal(known(step('bash@3', 'inline')), true);
    assert.equal(known(step('Bash@3.2', '$(type)')), true);
    assert.equal(known(step('Bash@3', 'online')), false);
    assert.equal(known(step('Other@1', 'online')), true);
    assert.equal(known(read('steps:\n- name: a\n  inputs: {}')), false);
    assert.equal(known(read('steps:\n- task: Bash@3\n  input: {}')), false);
  });
});

it('every keyword of the grammar says what it is for', () => {
  const silent = shapeNames.flatMap((name) =>
    shapeOf(name).mappings.flatMap((mapping) =>
      [...mapping.properties.keys()].filter((key) => !mapping.words.get(key)).map((key) => `${name}.${key}`),
    ),
  );
  assert.deepEqual(silent, []);
});
