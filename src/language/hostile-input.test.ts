import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compile } from './index.ts';

const files = { read: async () => undefined };
const compileText = (text: string) => compile({ file: '/p.yml', text, files });

describe('hostile input', () => {
  const hostile: [string, string, string][] = [
    ['flow nesting', '['.repeat(20_000), 'too-deep'],
    ['block nesting', '- '.repeat(20_000), 'too-deep'],
    ['a fault before a deep nesting', `[,${'['.repeat(1_000_000)}`, 'syntax-error'],
    ['many faults', `[${','.repeat(1_000_000)}`, 'syntax-error'],
    ['many wrong escapes', `a: "${'\\x'.repeat(400_000)}"`, 'syntax-error'],
    ['nested anchors', 'a: &a [x]\nb: [*a, *a]', 'anchors-not-supported'],
    ['a large file', 'a'.repeat(2_000_000), 'file-too-large'],
    ['an unclosed expression a thousand times', `steps:\n- script: "${'${{ '.repeat(1000)}"`, 'expression-not-closed'],
    [
      'ten million steps',
      `parameters:\n- name: a\n  type: object\n  default: [${'1,'.repeat(220)}]\nsteps:\n- \${{ each x in parameters.a }}:\n  - \${{ each y in parameters.a }}:\n    - \${{ each z in parameters.a }}:\n      - script: a`,
      'too-large',
    ],
  ];
  for (const [name, text, code] of hostile) {
    it(`${name} is a diagnostic`, async () => {
      assert.equal((await compileText(text)).diagnostics[0]?.code, code);
    });
  }

  it('loops that make nothing end at the events of an expansion', async () => {
    const turns = "- ${{ each x in split(variables.l, ',') }}:\n";
    const endless: [string, string][] = [
      ['turns', "  - ${{ each y in split(variables.l, ',') }}:\n    - ${{ if false }}:\n      - script: a"],
      ['conditions', '  - ${{ if false }}:\n    - script: a\n'.repeat(50)],
      ['empty lists', '  - ${{ parameters.none }}\n'.repeat(50)],
      ['a long expression', `  - script: \${{ or(${"eq(x, 'b'), ".repeat(800)}false) }}`],
      ['a long text', "  - ${{ if eq(variables.long, '') }}:\n    - script: a"],
      ['a long list', "  - ${{ if containsValue(parameters.long, 'b') }}:\n    - script: a"],
      ['a mapping', `  - script: a\n    env:\n${'      ${{ if false }}:\n        a: b\n'.repeat(50)}`],
    ];
    const head = [
      `parameters:\n- name: long\n  type: object\n  default: [${'1,'.repeat(800)}]`,
      '- name: none\n  type: object\n  default: []',
      `variables:\n  long: ${'x'.repeat(50_000)}\n  l: ${'a,'.repeat(200)}a`,
      `steps:\n${turns}`,
    ].join('\n');
    const limits = { events: 40_000 };
    for (const [name, body] of endless) {
      const { diagnostics } = await compile({ file: '/p.yml', text: head + body, files, limits });
      assert.deepEqual(
        diagnostics.map((one) => one.code),
        ['too-many-events'],
        name,
      );
    }
  });

  it('any text is a diagnostic or a plan', async () => {
    const line = fc.tuple(
      fc.constantFrom('', '  ', '    ', '- ', '  - ', '    - '),
      fc.constantFrom(
        'steps',
        'script',
        'jobs',
        'job',
        'variables',
        'x',
        '${{ if true }}',
        '${{ each a in b }}',
        '${{ insert }}',
        '${{',
        'template',
        '"q',
        "'",
        '&a',
        '? ',
        '{',
        '[',
        '|',
        '%',
        '!!str',
      ),
      fc.constantFrom(
        ':',
        ': ',
        '',
        ': |',
        ': [',
        ': {',
        ': >-',
        ': ${{ parameters.x }}',
        ': ${{ variables }}',
        ': *a',
        ': p.yml',
        ':\t',
        ': 1.0',
        ': \u0000',
      ),
      fc.oneof(fc.constant(''), fc.string({ maxLength: 8 })),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 12 }), async (lines) => {
        const result = await compileText(lines.map((parts) => parts.join('')).join('\n'));
        assert.ok(result.diagnostics.length > 0 || result.plan);
      }),
      { numRuns: 1500, seed: 7 },
    );
  });
});
