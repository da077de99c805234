import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { stringify } from 'yaml';
import type { Node } from './1-read/node.ts';
import { readNodes } from './1-read/yaml-nodes.ts';
import { collectProblems } from './diagnostics.ts';
import { equal, order } from './expressions/compare.ts';
import { toBoolean, toText, tryNumber, tryText, tryVersion } from './expressions/convert.ts';
import { readNumber } from './expressions/decimal.ts';
import { arrayOf, objectOf, type Value } from './expressions/value.ts';
import { compile } from './index.ts';

const runs = { numRuns: 400, seed: 11 };
const noFiles = { read: async () => undefined };

/** Text as people and generators write it; no `${{`, and nothing that ends a line in another way than a line feed. */
const text = fc
  .string({ unit: fc.constantFrom(...'abzAZ019 .:#-?,[]{}&*!|>\'"%@`~_/\\$()=\n\té日'), maxLength: 30 })
  .filter((one) => !one.includes('${{'));
const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/);
const expression = fc.constantFrom(
  '${{ parameters.flag }}',
  '${{ parameters.count }}',
  '${{ parameters.words[0] }} and more',
  "${{ format('{0}-{1}', parameters.count, 'x: y') }}",
  '${{ convertToJson(parameters.words) }}',
  '${{ variables.greeting }}',
  "${{ join(', ', parameters.words) }}",
);
const scalar = fc.oneof(text, fc.integer(), fc.boolean(), expression);
const env = fc.dictionary(name, scalar, { maxKeys: 3 });
const step: fc.Arbitrary<object> = fc.oneof(
  fc.record({ script: text, displayName: scalar, env }, { requiredKeys: ['script'] }),
  fc.record({ bash: text, workingDirectory: text }, { requiredKeys: ['bash'] }),
  fc.record({ task: fc.constant('Some@1'), inputs: env, enabled: fc.boolean() }, { requiredKeys: ['task', 'inputs'] }),
  fc.record({ checkout: fc.constantFrom('self', 'none'), fetchDepth: fc.nat(9) }, { requiredKeys: ['checkout'] }),
  env.map((more) => ({ script: 'echo', env: { KEPT: 1, '${{ insert }}': more } })),
  text.map((one) => ({ '${{ each word in parameters.words }}': [{ script: `${one}\${{ word }}` }] })),
  text.map((one) => ({ '${{ if parameters.flag }}': [{ bash: one }] })),
  text.map((one) => ({ '${{ if eq(parameters.count, 3) }}': { pwsh: one } })),
);
const pipeline = fc.record(
  {
    variables: env.map((more) => ({ ...more, greeting: 'hello' })),
    pool: fc.oneof(name, fc.record({ vmImage: name })),
    steps: fc.array(step, { minLength: 1, maxLength: 5 }),
  },
  { requiredKeys: ['steps', 'variables'] },
);
const parameters = fc.record({
  flag: fc.boolean(),
  count: fc.integer({ min: 0, max: 5 }),
  words: fc.array(text, { minLength: 1, maxLength: 3 }),
});

function source(body: object, values: { flag: boolean; count: number; words: string[] }): string {
  const declared = [
    { name: 'flag', type: 'boolean', default: values.flag },
    { name: 'count', type: 'number', default: values.count },
    { name: 'words', type: 'object', default: values.words },
  ];
  return stringify({ parameters: declared, ...body });
}

describe('a pipeline', () => {
  it('expands the same each time, and to itself when what it expanded to is expanded', async () => {
    let compiled = 0;
    await fc.assert(
      fc.asyncProperty(pipeline, parameters, async (body, values) => {
        const text = source(body, values);
        const once = await compile({ file: '/p.yml', text, files: noFiles });
        assert.deepEqual(await compile({ file: '/p.yml', text, files: noFiles }), once);
        if (once.finalYaml === undefined) return;
        compiled++;
        // The service reads an unquoted null where it printed text that spells it.
        if (/(?:: |- )(?:~|null|Null|NULL)$/m.test(once.finalYaml)) return;
        const again = await compile({ file: '/p.yml', text: once.finalYaml, files: noFiles });
        assert.equal(again.finalYaml, once.finalYaml, text);
      }),
      runs,
    );
    assert.ok(compiled > runs.numRuns / 2, `only ${compiled} compiled`);
  });

  it('is read back as it was printed', async () => {
    await fc.assert(
      fc.asyncProperty(pipeline, parameters, async (body, values) => {
        const { finalYaml, finalData } = await compile({ file: '/p.yml', text: source(body, values), files: noFiles });
        if (finalYaml === undefined) return;
        assert.deepEqual(textsOf(finalYaml), asTexts(finalData), finalYaml);
      }),
      runs,
    );
  });
});

/** A file's data with every scalar as its text. */
function textsOf(yaml: string): unknown {
  let root: Node | undefined;
  readNodes(yaml, '/p.yml', collectProblems(), (node) => {
    root = node;
  });
  const plain = (node: Node | undefined): unknown => {
    if (node?.kind === 'sequence') return node.items.map(plain);
    if (node?.kind === 'mapping')
      return Object.fromEntries(node.entries.map((one) => [plain(one.key), plain(one.value)]));
    return node?.kind === 'scalar' ? node.text : '';
  };
  return plain(root);
}

function asTexts(data: unknown): unknown {
  if (Array.isArray(data)) return data.map(asTexts);
  if (data === null) return '';
  if (typeof data !== 'object') return String(data);
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, asTexts(value)]));
}

describe('the coercion laws', () => {
  const number = fc
    .tuple(fc.bigInt(-(10n ** 20n), 10n ** 20n), fc.nat(7))
    .map(([digits, scale]) => readNumber(decimal(digits, scale))!);
  const version = fc.array(fc.nat(300), { minLength: 2, maxLength: 4 }).map((parts) => tryVersion(parts.join('.'))!);
  const plain: fc.Arbitrary<Value> = fc.oneof(fc.constant(null), fc.boolean(), text, number, version);
  const any: fc.Arbitrary<Value> = fc.oneof(
    plain,
    fc.array(plain, { maxLength: 3 }).map((items) => arrayOf(items)),
    fc.dictionary(name, plain, { maxKeys: 3 }).map((entries) => objectOf(Object.entries(entries))),
  );
  const holds = (law: (a: Value, b: Value, c: Value) => void, values = any) =>
    fc.assert(fc.property(values, values, values, law), { ...runs, numRuns: 2000 });

  it('everything equals itself', () => holds((a) => assert.equal(equal(a, a), true)));
  it('null is empty text and nothing else that is text', () => {
    holds((a) => assert.equal(equal(null, a), a === null || a === ''));
  });
  it('a text equals what spells it, in any case', () => {
    holds((a) => {
      const spelled = tryText(a);
      if (spelled !== undefined) assert.equal(equal(spelled.toUpperCase(), a), equal(spelled.toLowerCase(), a));
      if (spelled !== undefined) assert.equal(equal(spelled, a), true);
    });
  });
  it('a boolean equals what converts to it', () => {
    holds((a) => assert.equal(equal(true, a), toBoolean(a)));
  });
  it('numbers survive being text', () => {
    holds((a) => assert.ok(equal(a, tryNumber(toText(a)) as Value)), number);
  });
  it('versions survive being text', () => {
    holds((a) => assert.ok(equal(a, tryVersion(toText(a)) as Value)), version);
  });
  for (const [kind, values] of Object.entries({ number, version, text, boolean: fc.boolean() })) {
    it(`values of one kind are in an order: ${kind}`, () => {
      holds((a, b, c) => {
        assert.equal(Math.sign(order(a, b)), -Math.sign(order(b, a)) || 0);
        assert.equal(order(a, b) === 0, equal(a, b));
        if (order(a, b) <= 0 && order(b, c) <= 0) assert.ok(order(a, c) <= 0);
      }, values);
    });
  }
  it('collections have no order, not even to themselves', () => {
    holds((a) => {
      const isCollection = a !== null && typeof a === 'object' && (a.kind === 'array' || a.kind === 'object');
      if (isCollection) assert.throws(() => order(a, a), /Unable to convert from (Array|Object) to Number/);
    });
  });
});

function decimal(digits: bigint, scale: number): string {
  const sign = digits < 0n ? '-' : '';
  const padded = String(digits < 0n ? -digits : digits).padStart(scale + 1, '0');
  return scale === 0 ? `${sign}${padded}` : `${sign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
}
