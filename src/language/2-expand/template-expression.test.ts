import assert from 'node:assert/strict';
import { it } from 'node:test';
import { compile } from '../index.ts';

/** The first problem of a pipeline whose one script is a text, or the script as it came out. */
async function scriptOf(script: string): Promise<string> {
  const text = `steps:\n- script: ${JSON.stringify(script)}\n`;
  const result = await compile({ file: '/p.yml', text, files: { read: async () => undefined } });
  const data = result.finalData as { stages: { jobs: { steps: { inputs: { script: string } }[] }[] }[] } | undefined;
  return result.diagnostics[0]?.message ?? data?.stages[0]?.jobs[0]?.steps[0]?.inputs.script ?? '';
}

const tooLong =
  'Exceeded max expression length 21000. For more help, refer to https://go.microsoft.com/fwlink/?linkid=842996';

it('holds a text with an expression to the bounds of the call of format that it stands for', async () => {
  const frame = "format('{0}', 1)".length;
  const fits = 'x'.repeat(21_000 - frame);
  assert.equal(await scriptOf(`${fits}\${{ 1 }}`), `${fits}1`);
  assert.equal(await scriptOf(`${fits}x\${{ 1 }}`), tooLong);
  assert.equal(await scriptOf('x'.repeat(30_000)), 'x'.repeat(30_000), 'without an expression there is no bound');
  const doubled = "'{".repeat(Math.floor((21_000 - frame) / 4));
  assert.equal(await scriptOf(`${doubled}\${{ 1 }}`), `${doubled}1`);
  assert.equal(await scriptOf(`${doubled}'\${{ 1 }}`), tooLong);
  assert.equal(await scriptOf(`a${'${{1}}'.repeat(256)}`), `a${'1'.repeat(256)}`);
  assert.match(await scriptOf(`a${'${{1}}'.repeat(257)}`), /^The following format string is invalid: a\{0\}\{1\}/);
});

it('holds an expression alone to its own length', async () => {
  const text = 'x'.repeat(21_000 - "length('')".length);
  assert.equal(await scriptOf(`\${{ length('${text}') }}`), String(text.length));
  assert.equal(await scriptOf(`\${{ length('${text}x') }}`), tooLong);
});

it('makes no text without bound out of a short expression', async () => {
  const nested = (times: number, wrap: (inner: string) => string, seed: string) =>
    Array.from({ length: times }).reduce<string>((inner) => wrap(inner), seed);
  const growing = [
    nested(40, (inner) => `format('{0}{0}', ${inner})`, "'x'"),
    nested(40, (inner) => `replace(${inner}, 'x', 'xx')`, "'x'"),
    nested(40, (inner) => `convertToJson(${inner})`, "'\\'"),
    nested(24, (inner) => `join(',,', split(${inner}, ','))`, "','"),
  ];
  for (const expression of growing) {
    const message = await scriptOf(`\${{ length(${expression}) }}`);
    assert.ok(
      message.startsWith('The maximum allowed memory size was exceeded while evaluating the following expression: '),
      expression.slice(0, 40),
    );
  }
  const large = nested(19, (inner) => `format('{0}{0}', ${inner})`, "'xxxxxxxx'");
  assert.match(await scriptOf(`a${`\${{ ${large} }}`.repeat(3)}`), /^The maximum allowed memory size was exceeded/);
});
