import assert from 'node:assert/strict';
import { it } from 'node:test';
import { compile, explain, findPart, listParts, partYaml, sourceMap } from '../index.ts';
import { readCases } from '../testdata/read-cases.ts';
import { compileRegions } from './testdata/compile-regions.ts';

it('tells the source of every line of every golden pipeline, and tracing changes nothing', async () => {
  let compiled = 0;
  for (const { name, input, sections } of readCases()) {
    const plain = await compile(input);
    const { expanded, plan, ...traced } = await compile({ ...input, trace: true });
    assert.deepEqual({ ...traced, ...(plan ? { plan } : {}) }, plain, name);
    if (!expanded) continue;
    compiled++;
    const lines = sourceMap(expanded);
    assert.equal(lines.map((one) => one.text).join('\n'), plain.finalYaml?.replace(/\n\n?$/, ''), name);
    for (const { source, through } of lines) {
      for (const place of [source, ...through]) {
        // Aliases are shown as declared; the provider knows them in lower case.
        const text = sections.get(place.file.replace(/@.*/, (alias) => alias.toLowerCase()));
        assert.ok(text !== undefined, `${name}: ${place.file} is no file of the case`);
        assert.ok(place.line >= 1 && place.line <= text.split('\n').length, `${name}: ${place.file}:${place.line}`);
      }
    }
  }
  assert.ok(compiled > 10);
});

it('follows a literal block line by line, through expressions and the doubled breaks of a folded one', async () => {
  const text =
    'steps:\n- bash: |\n    one\n\n    two ${{ variables.x }}\n    three\n- bash: |\n    ${{ join(variables.y, variables.y) }}\n    b\n';
  const { expanded } = await compile({
    file: '/p.yml',
    text,
    files: { read: async () => undefined },
    variables: { x: { value: '1' }, y: { value: 'a\nb' } },
    trace: true,
  });
  const found = sourceMap(expanded!).filter((one) => /^ +(one|two 1|three|b)$/.test(one.text));
  assert.deepEqual(
    found.map((one) => [one.text.trim(), one.source.line]),
    [
      ['one', 3],
      ['two 1', 5],
      ['three', 6],
      // The expression yields a line of its own: of the block only its beginning is claimed.
      ['b', 7],
      ['b', 7],
    ],
  );
});

it('names the references and directives that brought a line in', async () => {
  const { expanded, plan } = await compileRegions();
  const part = findPart(expanded, plan, 'train_EU/train/PUBLISH');
  assert.ok(!('kind' in part));
  const [first] = sourceMap(expanded, part);
  const places = [first!.source, ...first!.through].map((one) => `${one.file}:${one.line}:${one.column}`);
  assert.deepEqual(places, [
    '/steps/publish.yml:6:11',
    '/jobs/train.yml:17:23',
    '/jobs/train.yml:16:9',
    '/stages/regions.yml:11:23',
    '/stages/regions.yml:7:5',
    '/azure-pipelines.yml:13:15',
  ]);
  assert.match(partYaml(part)!.yaml, /^task: Bash@3\nname: publish\n/);
});

it('finds parts by name in any case, display name and number, and lists what is there', async () => {
  const { expanded, plan } = await compileRegions();
  assert.deepEqual(
    listParts(expanded, plan).map((one) => one.path),
    [
      'Train_eu',
      'Train_eu/Train',
      'Train_eu/Train/Checkout',
      'Train_eu/Train/train',
      'Train_eu/Train/publish',
      'Train_us',
      'Train_us/Train',
      'Train_us/Train/Checkout',
      'Train_us/Train/train',
    ],
  );
  const pathOf = (path: string) => {
    const found = findPart(expanded, plan, path);
    return 'kind' in found ? [found.level, found.word, found.inside, found.names] : found.path;
  };
  assert.equal(pathOf('Train_us/Train in US/2'), 'Train_us/Train/train');
  assert.deepEqual(pathOf('Train_us/Train/publish'), ['step', 'publish', 'Train_us/Train', ['Checkout', 'train']]);
  assert.deepEqual(pathOf('Train'), ['stage', 'Train', '', ['Train_eu', 'Train_us']]);
  const steps = await compile({
    file: '/p.yml',
    text: 'steps:\n- bash: a\n',
    files: { read: async () => undefined },
    trace: true,
  });
  for (const path of ['Bash', 'Job/Bash', '__default/Job/bash']) {
    const found = findPart(steps.expanded!, steps.plan!, path);
    assert.equal('kind' in found ? found.names : found.path, 'Job/Bash');
  }
});

it('gives each of the parts that `each` makes at one place its own node', async () => {
  const { expanded, plan } = await compileRegions();
  const us = findPart(expanded, plan, 'Train_us/Train');
  assert.ok(!('kind' in us));
  assert.match(partYaml(us)!.yaml, /displayName: Train in US\n/);
});

it('lists the steps of a deployment’s other hooks below the hook', async () => {
  const hook = (name: string) => `      ${name}: {steps: [{bash: ${name}}]}\n`;
  const text = `jobs:\n- deployment: D\n  environment: e\n  strategy:\n    runOnce:\n${hook('preDeploy')}${hook('deploy')}`;
  const { expanded, plan } = await compile({
    file: '/p.yml',
    text,
    files: { read: async () => undefined },
    acceptUnbuilt: true,
    trace: true,
  });
  const scripts = ['D/Bash', 'D/preDeploy/bash'].map((path) => {
    const found = findPart(expanded!, plan!, path);
    return 'kind' in found ? found.names : partYaml(found)?.yaml.match(/script: (.*)/)?.[1];
  });
  assert.deepEqual(scripts, ['deploy', 'preDeploy']);
});

it('follows what a parameter holds to where it was written, however often it is given on', async () => {
  const files: Record<string, string> = {
    '/p.yml': `extends:
  template: a.yml
  parameters:
    steps:
    - bash: |
        one
        two
      displayName: own
    - \${{ if eq(1, 1) }}:
      - script: three
`,
    '/a.yml': `parameters: [{name: steps, type: stepList}]
jobs:
- job: J
  steps:
  - \${{ each step in parameters.steps }}:
    - \${{ step }}
  - template: b.yml
    parameters:
      more: \${{ parameters.steps }}
`,
    '/b.yml': 'parameters: [{name: more, type: stepList}]\nsteps:\n- ${{ parameters.more }}\n',
  };
  const { expanded, plan, finalYaml } = await compile({
    file: '/p.yml',
    files: { read: async (path) => files[path] },
    trace: true,
  });
  const untraced = await compile({ file: '/p.yml', files: { read: async (path) => files[path] } });
  assert.equal(finalYaml, untraced.finalYaml);
  const once = [
    ['- task: Bash@3', '/p.yml:5'],
    ['displayName: own', '/p.yml:8'],
    ['inputs:', '/p.yml:5'],
    ['targetType: inline', '/p.yml:5'],
    ['script: >', '/p.yml:5'],
    ['one', '/p.yml:6'],
    ['', '/p.yml:6'],
    ['two', '/p.yml:7'],
    ['- task: CmdLine@2', '/p.yml:10'],
    ['inputs:', '/p.yml:10'],
    ['script: three', '/p.yml:10'],
  ];
  const lines = sourceMap(expanded!).map(({ text, source }) => [text.trim(), `${source.file}:${source.line}`]);
  assert.deepEqual(lines.slice(lines.findIndex(([text]) => text === 'steps:') + 1), [...once, ...once]);
  const step = findPart(expanded!, plan!, 'J/5');
  assert.ok(!('kind' in step));
  const { origin, place } = explain(plan!, step);
  assert.equal(place?.line, 10);
  assert.deepEqual(
    origin.map((link) => `${link.kind} ${link.place?.file ?? ''}:${link.place?.line ?? ''}`),
    [
      'pipeline :',
      'extends /p.yml:2',
      'template /a.yml:7',
      'expression /b.yml:3',
      'expression /a.yml:9',
      'if /p.yml:9',
    ],
  );
});
