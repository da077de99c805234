import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile, formatDiagnostic } from './index.ts';

/** Compiles and formats the problems; `files` are other files of the repository. */
async function problems(text: string, parameters: Record<string, unknown> = {}, files: Record<string, string> = {}) {
  const result = await compile({ file: '/p.yml', text, files: { read: async (path) => files[path] }, parameters });
  return result.diagnostics.map((one) => ({
    text: one.text,
    shown: formatDiagnostic(one, one.file === '/p.yml' ? text : files[one.file ?? '']).split('\n'),
  }));
}

test('a template that is not to be had: the service names the file alone, a person sees where it is named', async () => {
  const cases = [
    ['steps:\n- template: no.yml\n', '/p.yml: File /no.yml not found in repository self.', '2:13'],
    ['steps:\n- template: ../no.yml\n', '/p.yml: The file path //../no.yml is invalid', '2:13'],
    ['steps:\n- template: a.yml@b\n', '/p.yml: No repository found by name b', '2:13'],
    ['extends:\n  template: no.yml\n', '/p.yml: File /no.yml not found in repository self.', '2:13'],
  ] as const;
  for (const [yaml, text, place] of cases) {
    const [one, ...more] = await problems(yaml);
    assert.equal(more.length, 0);
    assert.equal(one?.text, text);
    assert.equal(one?.shown[0], `p.yml:${place}: ${text.slice('/p.yml: '.length)}`);
    assert.match(one?.shown[2] ?? '', /^ {14}\^$/);
    assert.equal(one?.shown.length, 4, 'the fourth line says what to do');
  }
});

test('a reference inside a template is shown in that template', async () => {
  const [one] = await problems('steps:\n- template: a/b.yml\n', {}, { '/a/b.yml': 'steps:\n\n- template: no.yml\n' });
  assert.equal(one?.text, '/a/b.yml: File /a/no.yml not found in repository self.');
  assert.match(one?.shown[0] ?? '', /^a\/b\.yml:3:13: /);
});

test('an anchor and a second document are shown where they stand', async () => {
  const [anchor] = await problems('steps:\n- script: &a echo\n');
  assert.match(anchor?.text ?? '', /^\/p\.yml: Anchors .*\nObject reference not set to an instance of an object\.$/);
  assert.match(anchor?.shown[0] ?? '', /^p\.yml:2:\d+: Anchors are not currently supported\. Remove the anchor 'a'$/);
  const [second] = await problems('steps: []\n---\nsteps: []\n');
  assert.match(second?.shown[0] ?? '', /^p\.yml:2:1: Expected stream end/);
});

test('nothing in a file steers the terminal, and what is quoted has an end', async () => {
  const [one] = await problems(`steps:\n- script: a\n  enabled: "\x9b2J${'x'.repeat(100_000)}\x1b[31m"\n`);
  const shown = one?.shown.join('\n') ?? '';
  assert.match(shown, /\\x9b2Jxxx/);
  assert.doesNotMatch(shown, /[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
  assert.ok(shown.length < 2000);
});

test('a caret stands under its character, also after one that is written out', async () => {
  const [one] = await problems('steps:\n- {script: "\x07", colour: red}\n');
  const [, line, caret] = one?.shown ?? [];
  assert.equal(line?.indexOf('colour'), caret?.indexOf('^'));
});

test('a parameter that is not declared is refused, also where the pipeline declares none', async () => {
  const declared = 'parameters:\n- name: one\n  default: 1\nsteps: []\n';
  const [one] = await problems(declared, { other: '1' });
  assert.equal(one?.text, "Unexpected parameter 'other'");
  assert.deepEqual(one?.shown, [
    "p.yml:2:1: Unexpected parameter 'other'",
    '  - name: one',
    '  ^',
    '  The pipeline declares one.',
  ]);
  const [none] = await problems('steps: []\n', { other: '1' });
  assert.deepEqual(none?.shown, ["Unexpected parameter 'other'", '  The pipeline declares no parameters.']);
});

test('a structure given when the run is queued may be JSON or YAML', async () => {
  const pipeline =
    'parameters:\n- name: list\n  type: object\nsteps:\n- ${{ each one in parameters.list }}:\n  - script: echo ${{ one }}\n';
  const scripts = async (list: unknown) => {
    const result = await compile({
      file: '/p.yml',
      text: pipeline,
      files: { read: async () => undefined },
      parameters: { list },
    });
    assert.deepEqual(result.diagnostics, []);
    return result.plan?.stages[0]?.jobs[0]?.steps.slice(1).map((step) => step.inputs['script']);
  };
  for (const list of ['["b", "c"]', '[b, c]', '- b\n- c\n', ['b', 'c']])
    assert.deepEqual(await scripts(list), ['echo b', 'echo c']);
  const [broken] = await problems(pipeline, { list: '[b, c' });
  assert.equal(broken?.text, "The 'list' parameter is not a valid Object.");
  assert.match(broken?.shown.at(-1) ?? '', /neither YAML nor JSON: .*line 1/);
  const [anchor] = await problems(pipeline, { list: '[&a b, *a]' });
  assert.equal(anchor?.text, "The 'list' parameter is not a valid Object.");
  const [deep] = await problems(pipeline, { list: '['.repeat(50_000) + ']'.repeat(50_000) });
  assert.equal(deep?.text, "The 'list' parameter is not a valid Object.");
});

test('an unexpected word is answered with what was meant, or what may stand there; the service’s text stays alone', async () => {
  const cases = [
    ['steps:\n- scrpt: a\n', /^Did you mean 'script'\?$/],
    ['steps:\n- script: a\n  displayname: b\n', /^Did you mean 'displayName'\?$/],
    ['steps:\n- displayName: b\n  script: a\n', /^Begin with one of: (?:\w+, )*script,/],
    ['steps:\n- script: a\n  qqqq: b\n', /^It may be one of: (?:\w+, )*workingDirectory/],
    ['steps:\n- script: a\n  enabled: [\n]\n', undefined],
    ['parameters:\n- name: a\n  type: strng\n  default: b\nsteps:\n- script: a\n', /^Did you mean 'string'\?$/],
  ] as const;
  for (const [yaml, hint] of cases) {
    const [one] = (await compile({ file: '/p.yml', text: yaml, files: { read: async () => undefined } })).diagnostics;
    assert.ok(one, yaml);
    if (hint) assert.match(one.hint ?? '', hint, yaml);
    else assert.equal(one.hint, undefined);
    if (hint) assert.match(one.text, /^\/p\.yml \(Line: \d, Col: \d+\): Unexpected value '\w+'$/);
  }
});

test('a parameter’s hint says which values there are, and how to give one', async () => {
  const yaml = (size: string) =>
    `parameters:\n- name: size\n  values: [small, large]\n${size}- name: req\n  type: string\nsteps:\n- script: a\n`;
  const [huge, req] = await problems(yaml('  default: small\n'), { size: 'huge' });
  assert.deepEqual(
    [huge?.text, huge?.shown.at(-1)],
    ["The 'size' parameter value 'huge' is not a valid value.", '  It may be one of: small, large.'],
  );
  assert.deepEqual(
    [req?.text, req?.shown.at(-1)],
    ["A value for the 'req' parameter must be provided.", '  Give it: -p req=VALUE'],
  );
  const near = await problems(yaml('  default: small\n'), { size: 'smal', req: 'x' });
  assert.equal(near[0]?.shown.at(-1), "  Did you mean 'small'?");
  const template = 'parameters:\n- name: req\n  type: string\nsteps:\n- script: a\n';
  const [inner] = await problems('steps:\n- template: t.yml\n', {}, { '/t.yml': template });
  assert.match(inner?.shown.at(-1) ?? '', /^ {2}Give it where the template is used/);
});

test('a cron that cannot be read is a warning, and the plan stands', async () => {
  const text = 'schedules:\n- cron: 0 25 * * *\nsteps:\n- script: a\n';
  const result = await compile({ file: '/p.yml', text, files: { read: async () => undefined } });
  assert.ok(result.plan);
  assert.deepEqual(
    result.warnings.map((one) => [one.severity, one.line, one.column, one.message]),
    [['warning', 2, 9, "Improperly formed cron syntax: '0 25 * * *'"]],
  );
});
