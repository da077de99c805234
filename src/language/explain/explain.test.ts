import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import {
  compile,
  type ExpressionPart,
  explain,
  findPart,
  type Knowledge,
  listParts,
  type RunRecord,
} from '../index.ts';
import { readCases } from '../testdata/read-cases.ts';

const place = (one?: { readonly line: number; readonly column: number }) => (one ? `${one.line}:${one.column}` : '');

/** A tree as nested texts, one line each: what a table prints, without its columns. */
function rows(part: ExpressionPart | undefined, depth = 0): string[] {
  if (!part) return [];
  const said = [part.note, place(part.place)].filter(Boolean).join(', ');
  const result = part.state === 'value' ? part.value : part.state;
  const row = `${'  '.repeat(depth)}${part.text} = ${result}${said ? ` (${said})` : ''}`;
  return [row, ...part.parts.flatMap((one) => rows(one, depth + 1))];
}

async function explained(
  text: string,
  at: string,
  knowledge: Knowledge = {},
  parameters: Record<string, unknown> = {},
) {
  const { plan, expanded, diagnostics } = await compile({
    file: '/p.yml',
    text,
    files: { read: async () => undefined },
    parameters,
    trace: true,
  });
  assert.deepEqual(diagnostics, []);
  const part = findPart(expanded!, plan!, at);
  assert.ok(!('kind' in part), `${at} is there`);
  return explain(plan!, part, knowledge);
}

async function condition(text: string, at: string, knowledge?: Knowledge) {
  const { properties } = await explained(text, at, knowledge);
  return rows(properties.find((one) => one.name === 'condition')?.runtime);
}

describe('a leg of a matrix', () => {
  const text = `jobs:
- job: A
  strategy:
    matrix:
      one: {size: 1}
      Two: {size: 2}
  steps:
  - bash: echo $(size)
    name: say
  - bash: echo
    name: one
`;
  const macro = ({ properties }: Awaited<ReturnType<typeof explained>>) =>
    properties.find((property) => property.name === 'inputs.script')?.macros?.map(({ value, note }) => [value, note]);

  it('is named behind its job, in any case; without one the first counts', async () => {
    const first = await explained(text, 'A/say');
    assert.deepEqual(macro(first), [['1', 'of the leg one']]);
    assert.equal(first.note, 'the values are those of the leg one, the first of 2');
    const second = await explained(text, 'a/TWO/say');
    assert.deepEqual([second.path, second.note], ['A/Two/say', 'the values are those of the leg Two']);
    assert.deepEqual(macro(second), [['2', 'of the leg Two']]);
    assert.equal((await explained(text, 'A/Two')).path, 'A/Two');
    // A step of that name is meant before a leg is.
    assert.equal((await explained(text, 'A/one')).kind, 'step');
  });

  it('has the steps of its job and no others', async () => {
    const { plan, expanded } = await compile({
      file: '/p.yml',
      text,
      files: { read: async () => undefined },
      trace: true,
    });
    const found = findPart(expanded!, plan!, 'A/Two/nothing');
    assert.deepEqual(found, {
      kind: 'unknown',
      level: 'step',
      word: 'nothing',
      inside: 'A/Two',
      names: ['Checkout', 'say', 'one'],
    });
    assert.ok('kind' in findPart(expanded!, plan!, 'A/three/say'));
  });
});

describe('the way in', () => {
  const text = `parameters:
- name: env
  default: test
- name: steps
  type: stepList
  default: []
variables: {size: 2}
jobs:
- job: A
  \${{ if eq(parameters.env, 'prod') }}:
    condition: always()
  \${{ elseif eq(variables.size, 3) }}:
    condition: failed()
  \${{ else }}:
    displayName: plain \${{ upper(parameters.env) }}
  steps:
  - \${{ parameters.steps }}
  - \${{ each item in variables }}:
    - bash: echo \${{ item.key }}
      env:
        \${{ insert }}: {V: 1}
`;

  it('of a property goes through `else`, with the conditions that did not hold', async () => {
    const { properties, plain, origin } = await explained(text, 'A');
    assert.deepEqual(
      origin.map((link) => link.kind),
      ['pipeline'],
    );
    const name = properties.find((one) => one.name === 'displayName');
    assert.equal(name?.value, 'plain TEST');
    assert.equal(name?.template?.text, 'plain ${{ upper(parameters.env) }}');
    assert.deepEqual(rows(name?.template?.evaluated[0]), [
      "upper(parameters.env) = 'TEST'",
      "  parameters.env = 'test' (default, 3:12)",
    ]);
    const [link] = name?.origin ?? [];
    assert.ok(link?.kind === 'else');
    assert.deepEqual(
      link.refused.flatMap((one) => [one.text, ...rows(one.evaluated)]),
      [
        "if eq(parameters.env, 'prod')",
        "eq(parameters.env, 'prod') = False",
        "  parameters.env = 'test' (default, 3:12)",
        'elseif eq(variables.size, 3)',
        'eq(variables.size, 3) = False',
        "  variables.size = '2' (7:13)",
      ],
    );
    assert.equal(plain, 1, 'the name of the job');
  });

  it('of a step names the turn of `each`, and of an entry the `insert`', async () => {
    const { origin, properties } = await explained(text, 'A/Bash');
    const each = origin.at(-1);
    assert.ok(each?.kind === 'each');
    assert.deepEqual(each.turn, {
      variable: 'item',
      value: "{key: 'size', value: '2'}",
      data: { key: 'size', value: '2' },
      number: 1,
    });
    assert.deepEqual(rows(each.evaluated), ["variables = {size: '2'}"]);
    const script = properties.find((one) => one.name === 'inputs.script');
    assert.deepEqual(rows(script?.template?.evaluated[0]), ["item.key = 'size' (turn 1 of each, 18:5)"]);
    const entry = properties.find((one) => one.name === 'env.V');
    assert.deepEqual([entry?.origin[0]?.kind, entry?.template], ['insert', undefined]);
  });

  it('of a step that a parameter holds ends at the expression, which is told once', async () => {
    const given = { steps: [{ bash: 'a', displayName: 'given' }] };
    const { origin, properties } = await explained(text, 'A/given', {}, given);
    const last = origin.at(-1);
    assert.ok(last?.kind === 'expression');
    assert.match(rows(last.evaluated[0])[0]!, /^parameters\.steps = \[\{task: 'Bash@3', .* \(given with the run\)$/);
    assert.deepEqual(
      properties.map((one) => one.name),
      ['condition'],
    );
  });

  it('of a step that no one wrote is empty, and says so', async () => {
    const { origin, note, place: where } = await explained(text, 'A/Checkout');
    assert.deepEqual([origin, where], [[], undefined]);
    assert.match(note!, /no one wrote it/);
  });
});

describe('a condition before a run', () => {
  const job = (rest: string, first = 'steps: [{bash: a, name: set}]') =>
    `variables: {size: big, later: "$[counter('x', 1)]"}\njobs:\n- job: A\n  ${first}\n- job: B\n  dependsOn: A\n  ${rest}\n- job: C\n`;

  it('is settled as far as the YAML goes', async () => {
    assert.deepEqual(await condition(job("condition: and(succeeded(), eq(variables.size, 'big'))"), 'B'), [
      "and(succeeded(), eq(variables.size, 'big')) = later",
      '  succeeded() = later (known when A has ended)',
      "  eq(variables.size, 'big') = True",
      "    variables.size = 'big' (1:13)",
    ]);
    assert.deepEqual(await condition(job("condition: or(failed(), eq(variables.size, 'big'), always())"), 'B'), [
      "or(failed(), eq(variables.size, 'big'), always()) = True (whatever the rest will be)",
      '  failed() = later (known when A has ended)',
      "  eq(variables.size, 'big') = True",
      "    variables.size = 'big' (1:13)",
      '  always() = True',
    ]);
    assert.deepEqual(await condition(job('steps: []'), 'C'), ['succeeded() = True (unless the run is canceled)']);
  });

  it('shows what is not evaluated, and what is not known', async () => {
    const text = job(
      "condition: and(eq(variables.size, 'small'), eq(variables.nope, 1), eq(variables['Build.Reason'], 'x'))",
    );
    assert.deepEqual(await condition(text, 'B'), [
      "and(eq(variables.size, 'small'), eq(variables.nope, 1), eq(variables['Build.Reason'], 'x')) = False",
      "  eq(variables.size, 'small') = False",
      "    variables.size = 'big' (1:13)",
      '  eq(variables.nope, 1) = skipped',
      "  eq(variables['Build.Reason'], 'x') = skipped",
    ]);
    const unknown = await condition(
      job("condition: in(variables.later, variables['Build.Reason'], variables.nope)"),
      'B',
    );
    assert.deepEqual(unknown.slice(1), [
      '  variables.later = later (known when the run is queued, 1:24)',
      "  variables['Build.Reason'] = later (predefined: known in a run)",
      '  variables.nope = later (not set in the YAML: empty, unless the run is given it or a step sets it)',
    ]);
  });

  it('finds outputs and dependencies that will never be', async () => {
    const one = async (expression: string, first?: string) =>
      (await condition(job(`condition: eq(${expression}, 'x')`, first), 'B')).at(1)?.trim();
    assert.equal(
      await one("dependencies.A.outputs['set.X']"),
      "dependencies.A.outputs['set.X'] = later (known when A has ended, from its step set)",
    );
    assert.equal(
      await one("dependencies.A.outputs['sett.X']"),
      "dependencies.A.outputs['sett.X'] = later (empty when A has ended: A has no step named 'sett', only set)",
    );
    assert.equal(
      await one("dependencies.A.outputs['set.X']", 'steps: [{bash: a}]'),
      "dependencies.A.outputs['set.X'] = later (empty when A has ended: A has no step named 'set', and no other step with a name)",
    );
    assert.equal(await one('dependencies.C.result'), "dependencies.C.result = Null (dependencies has no 'C', only A)");
    assert.deepEqual(await condition(job("condition: failed('C')"), 'B'), [
      "failed('C') = False ('C' is not in dependsOn)",
    ]);
  });

  it('shows the part that is at fault', async () => {
    const found = await condition(
      "steps:\n- bash: a\n  condition: and(eq(1, 1), eq(dependencies.A.result, 'x'))\n",
      'Job/Bash',
    );
    assert.equal(found.length, 1);
    assert.match(found[0]!, /= fault \(Unrecognized value: 'dependencies'/);
  });

  it('takes queue-time variables and groups at their places', async () => {
    const text =
      'variables:\n- group: G\n- {name: b, value: yaml}\njobs:\n- job: A\n  condition: eq(variables.a, variables.b)\n';
    const knowledge = {
      variables: { a: { value: 'queue' }, b: { value: 'queue' } },
      groups: { g: { c: { value: '1' } } },
    };
    assert.deepEqual(await condition(text, 'A', knowledge), [
      'eq(variables.a, variables.b) = False',
      "  variables.a = 'queue' (set when the run is queued)",
      "  variables.b = 'yaml' (3:3)",
    ]);
    const other = await condition(text.replace('variables.b', 'variables.c'), 'A', knowledge);
    assert.equal(other.at(-1), "  variables.c = '1' (of the group G, 2:3)");
  });

  it('shows a context as a whole only when all of it is known', async () => {
    assert.deepEqual(await condition(job("condition: contains(convertToJson(dependencies), 'Succeeded')"), 'B'), [
      "contains(convertToJson(dependencies), 'Succeeded') = later",
      '  convertToJson(dependencies) = later (known when A has ended)',
      '    dependencies = {…}',
    ]);
  });

  it('of a stage sees stages, and their jobs by `stageDependencies`', async () => {
    const text = `stages:
- stage: One
  jobs: [{job: J, steps: [{bash: a, name: s}]}]
- stage: Two
  condition: and(in(dependencies.One.result, 'Succeeded'), eq(dependencies.One.outputs['J.s.X'], 1))
  jobs:
  - job: K
    condition: eq(stageDependencies.One.J.outputs['s.X'], 1)
`;
    assert.deepEqual((await condition(text, 'Two')).slice(1), [
      "  in(dependencies.One.result, 'Succeeded') = later",
      '    dependencies.One.result = later (known when One has ended)',
      "  eq(dependencies.One.outputs['J.s.X'], 1) = later",
      "    dependencies.One.outputs['J.s.X'] = later (known when One has ended, from its step s)",
    ]);
    assert.equal(
      (await condition(text, 'Two/K')).at(1),
      "  stageDependencies.One.J.outputs['s.X'] = later (known when J has ended, from its step s)",
    );
    const { properties } = await explained(text, 'Two');
    assert.deepEqual(
      properties.filter((one) => one.isDefault).map((one) => [one.name, one.value]),
      [['dependsOn', 'One']],
    );
  });
});

it('every part of every golden pipeline is explained, before a run and in one, and each time the same', async () => {
  let count = 0;
  const run: RunRecord = { id: 1, isCanceled: false, system: {}, variables: {}, stages: [] };
  for (const { name, input } of readCases()) {
    const { plan, expanded } = await compile({ ...input, acceptUnbuilt: true, trace: true });
    if (!plan || !expanded) continue;
    for (const part of listParts(expanded, plan)) {
      count++;
      const before = explain(plan, part);
      assert.deepEqual(explain(plan, part), before, name);
      // Only a step that no one wrote came by nothing.
      assert.ok(before.origin.length > 0 || before.note !== undefined, `${name}: ${part.path}`);
      const during = explain(plan, part, { run });
      assert.deepEqual(during.origin, before.origin, name);
      assert.notEqual(during.outcome, undefined, name);
    }
  }
  assert.ok(count > 100);
});

describe('macros and runtime variables', () => {
  const text = `variables: {a: one, b: "$(a)-two"}
jobs:
- job: A
  steps: [{bash: x, name: set}]
- job: B
  dependsOn: A
  variables:
    x: $[ dependencies.A.outputs['set.X'] ]
    y: $[ coalesce(variables.x, variables.a) ]
  steps:
  - bash: |
      echo $(b) $(x) $(nope) $(date +%s) $(b)
`;

  it('show the value with its place, the expression behind it, and what could be none', async () => {
    const { properties } = await explained(text, 'B/Bash');
    const macros = properties.find((one) => one.name === 'inputs.script')?.macros ?? [];
    assert.deepEqual(
      macros.map(({ name, value, note, place: where }) => [name, value, note, place(where)]),
      [
        ['b', 'one-two', undefined, '1:21'],
        ['x', undefined, undefined, '8:5'],
        [
          'nope',
          undefined,
          'not set in the YAML: stays as written, unless the run is given it or a step before sets it',
          '',
        ],
      ],
    );
    assert.deepEqual(rows(macros[1]?.evaluated), [
      "dependencies.A.outputs['set.X'] = later (known when A has ended, from its step set)",
    ]);
  });

  it('see the variables before them', async () => {
    const { properties } = await explained(text, 'B');
    assert.deepEqual(rows(properties.find((one) => one.name === 'variables.y')?.runtime), [
      'coalesce(variables.x, variables.a) = later',
      '  variables.x = later (known when the job B starts, 8:5)',
      "  variables.a = 'one' (1:13)",
    ]);
  });
});

it('tells a job that waits for another where its variable comes from', async () => {
  const text = readFileSync(new URL('../testdata/pipelines/train-and-wait.yml', import.meta.url), 'utf8');
  const { properties } = await explained(text, 'Wait');
  assert.deepEqual(rows(properties.find((one) => one.name === 'condition')?.runtime), [
    'succeeded() = later (known when Submit has ended)',
  ]);
  const variable = properties.find((one) => one.name === 'variables.job');
  assert.match(rows(variable?.runtime)[0]!, /from its step submit\)$/);
});
