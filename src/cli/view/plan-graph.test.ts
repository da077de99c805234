import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { compile } from '../../language/index.ts';
import { graphLines } from './graph-terminal.ts';
import { dotText, mermaidText } from './graph-text.ts';
import { type GraphJob, planGraph } from './plan-graph.ts';
import { createStyle } from './style.ts';
import { textWidth } from './text-width.ts';

const style = createStyle(false);

async function graphOf(text: string) {
  const { plan, diagnostics } = await compile({
    file: '/a.yml',
    text,
    files: { read: async () => undefined },
    acceptUnbuilt: true,
  });
  assert.ok(plan, JSON.stringify(diagnostics));
  return planGraph(plan);
}

const withLongTexts = (job: GraphJob): GraphJob => ({
  ...job,
  displayName: 't'.repeat(90),
  condition: 'c'.repeat(90),
});

const RELEASE = `
stages:
- stage: Build
  jobs:
  - job: Compile
    displayName: Compile all of it
  - job: Test
    dependsOn: compile
    strategy: {matrix: {linux: {a: 1}, mac: {a: 2}}}
  - job: Lint
    dependsOn: Compile
  - job: Package
    dependsOn: [Test, Lint]
    condition: |
      and(succeeded(),
          eq(variables.x, 'y'))
- stage: Ask
  dependsOn: []
  jobs:
  - job: Wait
    pool: server
- stage: Release
  dependsOn: [Build, Ask]
  condition: always()
  jobs:
  - deployment: Web
    environment: shop.east
    strategy: {runOnce: {deploy: {steps: [{bash: a}]}, on: {failure: {steps: [{bash: b}]}}}}
  - job: Many
    strategy: {matrix: "$[ dependencies.A.outputs['b.c'] ]"}
`;

test('stages and their jobs, with legs, deployments and conditions', async () => {
  const lines = graphLines(await graphOf(RELEASE), 100, style).map((line) => line.trimEnd());
  assert.deepEqual(lines, [
    '●   Build',
    '│   ●   Compile  “Compile all of it”',
    '│   ├─╮',
    '│   ● │ Test  ×2: linux, mac',
    '│   │ ● Lint',
    '│   ├─╯',
    "│   ●   Package  if and(succeeded(), eq(variables.x, 'y'))",
    '│ ● Ask',
    '│ │ ● Wait  on the server',
    '├─╯',
    '●   Release  if always()',
    '    ● Web  deploys to shop.east · with failure',
    "    ● Many  × what $[ dependencies.A.outputs['b.c'] ] gives",
  ]);
});

test('a pipeline without stages is its jobs', async () => {
  const waiting = await graphOf('jobs:\n- job: A\n- job: B\n  dependsOn: A\n');
  assert.deepEqual(graphLines(waiting, 80, style), ['● A', '│', '● B']);
  const side = await graphOf('jobs:\n- job: A\n- job: B\n');
  assert.deepEqual(graphLines(side, 80, style), ['● A', '● B']);
});

test('docs/guide/graph.md shows what is drawn', async () => {
  const page = readFileSync(new URL('../../../docs/guide/graph.md', import.meta.url), 'utf8');
  const shown = [...page.matchAll(/^```\n(●[\s\S]*?)\n```$/gm)].map(([, block]) => block!.split('\n'));
  const [, small] = /^```yaml\n([\s\S]*?)^```$/m.exec(page) ?? [];
  const drawn = await Promise.all(
    [small!, RELEASE].map(async (text) => graphLines(await graphOf(text), 100, style).map((line) => line.trimEnd())),
  );
  // The page leaves the last job of the release out.
  assert.deepEqual(shown, [drawn[0], drawn[1]!.slice(0, -1)]);
});

test('jobs that wait for each other do not look like those that start together, inside a stage too', async () => {
  const jobs = 'jobs: [{job: a}, {job: b}, {job: c, dependsOn: b}, {job: d}]\n';
  const empty = '- stage: Two\n- stage: Three\n';
  const graph = await graphOf(`stages:\n- stage: One\n  ${jobs}${empty}- stage: Four\n  dependsOn: []\n  ${jobs}`);
  const lines = graphLines(graph, 80, style).map((line) => line.trimEnd());
  const drawn = ['● a', '● b', '│', '● c', '● d'];
  // Beside a stage's own lines its rail is seen; a stage without jobs has none.
  const stages = ['● Two', '│', '● Three', '● Four'];
  assert.deepEqual(lines, [
    '● One',
    ...drawn.map((line) => `│ ${line}`),
    ...stages,
    ...drawn.map((line) => `  ${line}`),
  ]);
});

test('no line is wider than the terminal; where rails would take too much of it, words say what a job waits for', async () => {
  const graph = await graphOf(RELEASE);
  for (const columns of [8, 12, 20, 33, 50])
    for (const line of graphLines(graph, columns, style))
      assert.ok(textWidth(line.trimEnd()) <= columns, `${columns}: ${line}`);
  const names = Array.from({ length: 30 }, (_, index) => `J${index}`);
  const fan = names.map((name) => `- job: ${name}\n  dependsOn: Start\n`).join('');
  const wide = await graphOf(`jobs:\n- job: Start\n${fan}- job: End\n  dependsOn: [${names.join(', ')}]\n`);
  const lines = graphLines(wide, 60, style);
  assert.equal(lines.length, 32);
  assert.equal(lines[1], '● J0  after Start');
  assert.match(lines[31] ?? '', /^● End {2}after J0, J1, .*…$/);
  const titled = { stages: [{ ...wide.stages[0]!, jobs: wide.stages[0]!.jobs.map(withLongTexts) }] };
  assert.equal(graphLines(titled, 60, style)[1]?.slice(0, 22), '● J0  after Start · “t');
});

test('nothing of a name or a condition steers the terminal or leaves its label', async () => {
  const text = `jobs:\n- job: A\n  displayName: "x\\e[2J\\" ] --> B"\n  condition: eq('\\n"', 1)\n`;
  const graph = await graphOf(text);
  assert.doesNotMatch(graphLines(graph, 80, style).join(''), /\x1b/);
  assert.match(mermaidText(graph), /^ {4}s0j0\["x#34; #93; --#62; B #40;A#41;<br\/>if eq#40;'#92;n#34;', 1#41;"\]$/m);
  assert.match(dotText(graph), /^ {4}s0j0 \[label="x\\" \] --> B \(A\)\\nif eq\('\\\\n\\"', 1\)"\];$/m);
});

test('mermaid: a stage is a subgraph, edges run between jobs and between stages', async () => {
  assert.equal(
    mermaidText(
      await graphOf(
        'stages:\n- stage: A\n  jobs: [{job: X}, {job: Y, dependsOn: X}]\n- stage: B\n  jobs: [{job: Z}]\n',
      ),
    ),
    `flowchart LR
  subgraph s0["A"]
    s0j0["X"]
    s0j1["Y"]
    s0j0 --> s0j1
  end
  subgraph s1["B"]
    s1j0["Z"]
  end
  s0 --> s1
`,
  );
});

test('dot: a stage is a cluster, an edge between stages ends at the borders', async () => {
  const text = dotText(await graphOf(RELEASE));
  assert.match(text, /subgraph cluster_s0 \{\n {4}label="Build";/);
  assert.match(text, /s0j1 \[label="Test\\n×2: linux, mac", peripheries=2\];/);
  assert.match(text, /s0j0 -> s2j0 \[ltail=cluster_s0, lhead=cluster_s2\];/);
});

test('the data names what the default is not, each dependency as it is spelled itself', async () => {
  const [build, , release] = (await graphOf(RELEASE)).stages;
  assert.deepEqual(build?.jobs[1], {
    name: 'Test',
    displayName: 'Test',
    dependsOn: ['Compile'],
    kind: 'job',
    agentless: false,
    legs: ['linux', 'mac'],
  });
  assert.deepEqual(
    [release?.dependsOn, release?.condition, release?.jobs[0]?.environment, release?.jobs[0]?.hooks],
    [['Build', 'Ask'], 'always()', 'shop.east', ['deploy', 'failure']],
  );
});
