import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { it } from 'node:test';
import { type ConditionContext, evaluateCondition } from '../condition.ts';
import { tryText } from '../convert.ts';
import { evaluationFault } from '../error.ts';
import { evaluate } from '../evaluate.ts';
import { parseExpression } from '../parser.ts';
import { templatePlace } from '../places.ts';
import { dataValue, evaluateRuntimeExpression } from '../runtime.ts';
import { contextOf } from '../value.ts';
import { generalFunctions, statusFunctions, variableFunctions } from './registry.ts';

const tables = JSON.parse(readFileSync(new URL('../testdata/functions.json', import.meta.url), 'utf8')) as Record<
  string,
  [text: string, expected: string, place?: 'variable' | Omit<ConditionContext, 'variables'>][]
>;
const registered = [...generalFunctions, ...statusFunctions, ...variableFunctions];
const parameters = contextOf(
  Object.entries({
    arr: ['a', 'b', 1],
    obj: { k: 'x', K2: {} },
    nested: ['x', [], { a: 1 }],
    empty: {},
    list0: [],
    people: [{ name: 'Ann', tags: ['x', 'y'] }, { name: 'Bob', tags: ['z'] }, 'nobody'],
  }).map(([name, value]) => [name, dataValue(value)]),
  (name) => {
    throw evaluationFault(`Key not found '${name}'`);
  },
);

it('registers every function file once', () => {
  const files = readdirSync(new URL('./', import.meta.url))
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    // Functions of success criteria depend on the answer they judge: `criterion.ts` makes and lists them.
    .filter((name) => !['count.ts', 'jsonpath.ts'].includes(name))
    .filter((name) => !['function.ts', 'registry.ts', 'status.ts'].includes(name));
  const names = registered.map((one) => `${one.name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}.ts`);
  assert.deepEqual(names.sort(), files.sort());
});

for (const { name } of registered) {
  it(`evaluates ${name}`, () => {
    const cases = tables[name];
    assert.ok(cases, `testdata/functions.json has no cases for ${name}`);
    for (const [text, expected, place] of cases) assert.equal(outcome(text, expected, place), expected, text);
  });
}

/**
 * The result's text, or `!` and the beginning of the message as far as the case gives it. `place`: `variable` for a root variable,
 * whose counters begin at the seed and are one higher for each letter of the prefix; or a condition's context.
 */
function outcome(text: string, expected: string, place: (typeof tables)[string][number][2]): string | undefined {
  try {
    if (place === 'variable') {
      const counter = (prefix: string, seed: number) => seed + prefix.length;
      const pipeline = { startTime: new Date('2026-01-02T03:04:05.678Z') };
      return evaluateRuntimeExpression(text, { variables: () => undefined, counter, pipeline });
    }
    if (place) return tryText(evaluateCondition(text, { ...place, variables: () => undefined }).value);
    const scope = { host: {}, context: (one: string) => (one === 'parameters' ? parameters : undefined) };
    return tryText(evaluate(parseExpression(text, templatePlace, 'strict'), scope));
  } catch (error) {
    return `!${(error as Error).message.slice(0, Math.max(0, expected.length - 1))}`;
  }
}
