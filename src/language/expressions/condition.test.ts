import assert from 'node:assert/strict';
import { it } from 'node:test';
import { evaluateCondition } from './condition.ts';
import { evaluateRuntimeExpression, isRuntimeExpression } from './runtime.ts';

const variables = (name: string) =>
  new Map([
    ['a', '1'],
    ['build.reason', 'Manual'],
  ]).get(name.toLowerCase());
const done = (result: string) => ({ result, outputs: {} });

// Recorded: results of the dependencies, then succeeded, failed, succeededOrFailed, canceled, always.
const table: [string[], string][] = [
  [[], 'T F T F T'],
  [['Succeeded', 'SucceededWithIssues'], 'T F T F T'],
  [['Skipped'], 'F F F F T'],
  [['Succeeded', 'Skipped'], 'F F T F T'],
  [['Failed'], 'F T T F T'],
  [['Abandoned'], 'F F F F T'],
];
const functions = ['succeeded', 'failed', 'succeededOrFailed', 'canceled', 'always'];

function row(results: string[], canceled: boolean): string {
  const dependencies = Object.fromEntries(results.map((result, index) => [`D${index}`, done(result)]));
  return functions
    .map((name) => evaluateCondition(`${name}()`, { level: 'job', variables, dependencies, canceled }).value)
    .map((value) => (value ? 'T' : 'F'))
    .join(' ');
}

it('judges status functions by the results of the dependencies', () => {
  for (const [results, expected] of table) assert.equal(row(results, false), expected, results.join());
  for (const [results] of table) assert.equal(row(results, true), 'F F F T T', `canceled: ${results.join()}`);
});

it('judges named dependencies alone', () => {
  const context = { level: 'stage' as const, variables, dependencies: { A: done('Succeeded'), B: done('Failed') } };
  const holds = (text: string) => evaluateCondition(text, context).value;
  assert.equal(holds("succeeded('a')"), true);
  assert.equal(holds("succeeded('A', 'B')"), false);
  assert.equal(holds("failed('A')"), false);
  assert.equal(holds("failed('B')"), true);
  assert.equal(holds("succeeded('C')"), false, 'a name that is no dependency');
  assert.equal(holds("succeededOrFailed('C')"), false);
});

it('judges steps by the status of the job', () => {
  const row = (jobStatus?: 'Succeeded' | 'SucceededWithIssues' | 'Failed' | 'Canceled') =>
    functions.map(
      (name) => evaluateCondition(`${name}()`, { level: 'step', variables, ...(jobStatus ? { jobStatus } : {}) }).value,
    );
  assert.deepEqual(row(), [true, false, true, false, true]);
  assert.deepEqual(row('SucceededWithIssues'), [true, false, true, false, true]);
  assert.deepEqual(row('Failed'), [false, true, true, false, true]);
  assert.deepEqual(row('Canceled'), [false, false, false, true, true]);
  assert.throws(() => evaluateCondition("succeeded('x')", { level: 'step', variables }), /Unexpected symbol/);
  assert.throws(
    () => evaluateCondition('eq(dependencies.a, 1)', { level: 'step', variables }),
    /Unrecognized value: 'dependencies'/,
  );
});

it('shows a condition with its values, unevaluated parts as written', () => {
  const { value, trace } = evaluateCondition(
    "and(succeeded(), eq(variables['A'], 2), eq(variables['Build.Reason'], 'x'))",
    {
      level: 'step',
      variables,
    },
  );
  assert.equal(value, false);
  assert.equal(
    trace,
    "Evaluating: and(succeeded(), eq(variables['A'], 2), eq(variables['Build.Reason'], 'x'))\n" +
      "Expanded: and(True, eq('1', 2), eq(variables['Build.Reason'], 'x'))\nResult: False",
  );
});

it('evaluates runtime expressions over dependencies of jobs and stages', () => {
  const context = {
    variables,
    dependencies: { J: { result: 'Succeeded', outputs: { 's.v': 'value', 'leg.s.v': 'of the leg' } } },
    stageDependencies: { S: { J: { result: 'Failed', outputs: { 's.v': 'far' } } } },
    counter: (prefix: string, seed: number) => (prefix === 'p' ? seed + 1 : 0),
  };
  const value = (text: string) => evaluateRuntimeExpression(text, context);
  assert.equal(value("$[ dependencies.j.outputs['S.V'] ]"), 'value');
  assert.equal(value("$[dependencies.J.outputs['leg.s.v']]"), 'of the leg');
  assert.equal(value("stageDependencies.s.J.outputs['s.v']"), 'far');
  assert.equal(value('stageDependencies.S.J.result'), 'Failed');
  assert.equal(value('dependencies.None.outputs.x'), '');
  assert.equal(value("$[ format('{0}.{1}', variables['a'], counter('p', 7)) ]"), '1.8');
  assert.throws(() => value('$[ dependencies ]'), /Unable to convert from Object to String/);
  assert.equal(isRuntimeExpression(' $[ x ] '), true);
  assert.equal(isRuntimeExpression('a $[ x ]'), false, 'it must be the whole text');
});
