import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createContext, runInContext } from 'node:vm';
import { build } from 'esbuild';
import { languageBundle } from './language-bundle.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-language-'));
const packaged = join(folder, 'node_modules', 'millrace');
after(() => rmSync(folder, { recursive: true, force: true }));

before(async () => {
  mkdirSync(packaged, { recursive: true });
  writeFileSync(join(packaged, 'package.json'), '{"exports": {"./language": "./language.mjs"}}');
  await build(languageBundle(join(packaged, 'language.mjs')));
});

const compileInside = `(async () => {
  const texts = {
    '/azure-pipelines.yml': 'parameters:\\n- name: names\\n  type: object\\n  default: [a, b]\\nsteps:\\n- template: say.yml\\n  parameters: {names: "\${{ parameters.names }}"}\\n',
    '/say.yml': 'parameters: {names: []}\\nsteps:\\n- \${{ each name in parameters.names }}:\\n  - bash: echo \${{ upper(name) }}\\n',
  };
  const files = { read: async (path) => texts[path] };
  const good = await language.compile({ file: '/azure-pipelines.yml', files, trace: true });
  const bad = await language.compile({ file: '/x.yml', text: 'steps:\\n- bash: a\\n  wrong: b\\n', files });
  const part = language.findPart(good.expanded, good.plan, 'Job/Bash2');
  return JSON.stringify({
    yaml: good.finalYaml,
    scripts: good.plan.stages[0].jobs[0].steps.map((step) => step.inputs.script),
    sources: language.sourceMap(good.expanded, part).map((line) => line.source.file),
    runs: language.judgeTrigger(language.readTriggers(good.finalData), { kind: 'push', ref: 'refs/heads/a' }).runs,
    bad: bad.diagnostics.map((one) => language.formatDiagnostic(one)),
    name: language.expandRunName(undefined, { date: new Date(0), variables: () => undefined, revision: 2 }),
  });
})()`;

test('the language compiles where there is nothing but the language: no part of Node or of a browser, no modules', async () => {
  const { outputFiles, metafile } = await build({
    ...languageBundle(''),
    outfile: join(folder, 'script.js'),
    format: 'iife',
    globalName: 'language',
    write: false,
    metafile: true,
  });
  assert.deepEqual(
    Object.values(metafile.outputs).map((one) => one.imports),
    [[]],
  );
  // A context of its own has the built-in objects of ECMAScript and no others. TextEncoder is in every browser, worker and server.
  const context = createContext({ TextEncoder });
  assert.equal(
    runInContext('typeof process + typeof require + typeof URL + typeof TextDecoder', context),
    'undefined'.repeat(4),
  );
  runInContext(outputFiles[0]!.text, context);
  const answer = JSON.parse(await runInContext(compileInside, context));
  assert.match(answer.yaml, /script: echo A\n.*script: echo B\n\n$/s);
  assert.deepEqual(answer.scripts.filter(Boolean), ['echo A', 'echo B']);
  assert.ok(answer.sources.includes('/say.yml'));
  assert.equal(answer.runs, true);
  assert.equal(answer.bad.length, 1);
  assert.match(answer.bad[0], /^x\.yml:3:3: Unexpected value 'wrong'\n {2}It may be one of: condition, /);
  assert.equal(answer.name, '19700101.2');
});

test('the example of the guide runs as it stands there, and prints what stands there', () => {
  const page = readFileSync('docs/guide/language.md', 'utf8');
  const [, code, printed] = /```js\n(.*?)```\n.*?```text\n(.*?)```/s.exec(page) ?? [];
  assert.ok(code && printed);
  writeFileSync(join(folder, 'example.mjs'), code);
  const done = spawnSync(process.execPath, ['example.mjs'], { cwd: folder, encoding: 'utf8' });
  assert.deepEqual([done.stderr, done.stdout], ['', printed]);
});
