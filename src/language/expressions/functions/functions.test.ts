import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { it } from 'node:test';
import { tryText } from '../convert.ts';
import { evaluate } from '../evaluate.ts';
import { parseExpression } from '../parser.ts';
import { templatePlace } from '../places.ts';
import { dataValue } from '../runtime.ts';
import { generalFunctions, statusFunctions, variableFunctions } from './registry.ts';

const tables = JSON.parse(readFileSync(new URL('../testdata/functions.json', import.meta.url), 'utf8')) as Record<
  string,
  [string, string][]
>;
const registered = [...generalFunctions, ...statusFunctions, ...variableFunctions];
const parameters = dataValue({
  arr: ['a', 'b', 1],
  obj: { k: 'x', K2: {} },
  nested: ['x', [], { a: 1 }],
  empty: {},
});

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
    for (const [text, expected] of cases) assert.equal(outcome(text, expected), expected, text);
  });
}

/** The result's text, or `!` and the beginning of the message as far as the case gives it. */
function outcome(text: string, expected: string): string | undefined {
  try {
    const scope = { host: {}, context: (one: string) => (one === 'parameters' ? parameters : undefined) };
    return tryText(evaluate(parseExpression(text, templatePlace, 'strict'), scope));
  } catch (error) {
    return `!${(error as Error).message.slice(0, Math.max(0, expected.length - 1))}`;
  }
}
