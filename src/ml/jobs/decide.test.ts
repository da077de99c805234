import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { decide, type JobEvent } from './decide.ts';
import { isTerminal } from './job-status.ts';
import { applyStep, buildTree, type JobTree } from './job-tree.ts';
import type { Need, RunPlan, Work } from './plan.ts';

const NOW = '2026-01-01T00:00:00.000Z';
const commandWork: Work = {
  kind: 'command',
  command: 'true',
  environment: 'e',
  environmentVariables: {},
  compute: 'c',
  nodes: 1,
};

function planOf(
  runId: string,
  work: Work,
  needs: readonly Need[] = [],
  parent?: string,
  more: Partial<RunPlan> = {},
): RunPlan {
  return {
    runId,
    launchId: `launch-${runId}`,
    ...(parent === undefined ? {} : { parent }),
    nodeKey: runId,
    name: runId,
    displayName: runId,
    experimentName: 'tests',
    tags: {},
    properties: {},
    createdAt: NOW,
    inputs: {},
    outputs: {},
    needs,
    work,
    ...more,
  };
}
const command = (runId: string, needs: string[] = [], parent = 'p') =>
  planOf(
    runId,
    commandWork,
    needs.map((need) => ({ runId: need })),
    parent,
  );
const pipeline = (continueOnStepFailure: boolean, ...children: RunPlan[]): JobTree =>
  treeOf(planOf('p', { kind: 'pipeline', continueOnStepFailure }), ...children);
const treeOf = (...plans: RunPlan[]): JobTree =>
  buildTree(
    plans.map((plan, index) => ({
      plan,
      state: { status: index === 0 && plan.work.kind === 'pipeline' ? 'Preparing' : 'NotStarted' },
    })),
    false,
  );

function play(made: () => JobTree, events: readonly JobEvent[]) {
  const tree = made();
  const done: string[] = [];
  for (const event of events) {
    const step = decide(tree, event, NOW);
    applyStep(tree, step);
    done.push(...step.transitions.map((item) => `${item.kind} ${item.runId}`));
  }
  return {
    tree,
    statuses: Object.fromEntries([...tree.runs.values()].map((run) => [run.plan.runId, run.state.status])),
    done,
  };
}
const ended = (runId: string, status: 'Completed' | 'Failed' | 'Canceled' = 'Completed'): JobEvent => ({
  kind: 'ended',
  runId,
  status,
});
const advance: JobEvent = { kind: 'advance' };

describe('the decisions on a led run', () => {
  const led = planOf('s', { kind: 'led', jobType: 'Sweep', settings: {}, shown: {} });
  const below = (runId: string) => command(runId, [], 's');
  const tree = () => treeOf(led);
  const added = (...ids: string[]): JobEvent => ({ kind: 'added', runId: 's', runs: ids.map(below) });

  test('what is added starts at once, once; the end is what the leader says', () => {
    const result = play(tree, [advance, added('a', 'b'), added('a'), ended('a', 'Failed'), ended('b'), ended('s')]);
    assert.deepEqual(result.done, ['start s', 'start a', 'start b']);
    assert.deepEqual(result.statuses, { s: 'Completed', a: 'Failed', b: 'Completed' });
  });

  test('one that is cancelled takes along what is below it, and what is added late never starts', () => {
    const result = play(tree, [advance, added('a'), { kind: 'cancel', runId: 's' }, added('b')]);
    assert.deepEqual(result.done, ['start s', 'start a', 'stop s', 'stop a']);
    assert.deepEqual(result.statuses, { s: 'CancelRequested', a: 'CancelRequested', b: 'Canceled' });
  });

  test('one that ends while something below it runs stops that', () => {
    const result = play(tree, [advance, added('a'), ended('s', 'Failed')]);
    assert.deepEqual(result.done, ['start s', 'start a', 'stop a']);
  });

  test('as a node of a pipeline it starts and counts as a command does', () => {
    const node = { ...led, parent: 'p' };
    const result = play(
      () => pipeline(true, node, command('after', ['s'])),
      [advance, added('a'), ended('a'), ended('s')],
    );
    assert.deepEqual(result.done, ['start s', 'start a', 'start after']);
    assert.deepEqual(result.statuses, { p: 'Running', s: 'Completed', a: 'Completed', after: 'Starting' });
  });
});

describe('the decisions on equal runs after a restart', () => {
  const equal = (runId: string) => ({ ...command(runId), reuse: 'definition' });
  const begun = (a: 'Running' | 'Completed') => () =>
    buildTree(
      [
        { plan: planOf('p', { kind: 'pipeline', continueOnStepFailure: true }), state: { status: 'Running' } },
        { plan: equal('a'), state: { status: a } },
        { plan: equal('b'), state: { status: 'NotStarted' } },
      ],
      true,
    );
  const looked = (launched: boolean): JobEvent => ({ kind: 'looked', runId: 'b', launched });

  test('one of which nothing is known waits for an equal one once it is known that it was not launched', () => {
    const result = play(begun('Running'), [advance, looked(false), ended('a')]);
    assert.deepEqual(result.done, ['look b']);
    assert.deepEqual(result.statuses, { p: 'Completed', a: 'Completed', b: 'Completed' });
    assert.equal(result.tree.runs.get('b')?.state.reused?.runId, 'a');
    const after = play(begun('Completed'), [advance, looked(false)]);
    assert.equal(after.tree.runs.get('b')?.state.reused?.runId, 'a');
  });

  test('one that was launched in the last moment of the server is taken up, whatever became of the equal one', () => {
    for (const a of ['Running', 'Completed'] as const) {
      const result = play(begun(a), [advance, looked(true)]);
      assert.deepEqual(result.done, ['look b', 'start b']);
      assert.equal(result.statuses['b'], 'Starting');
    }
  });

  test('one that is canceled while it is looked for ends when it is known to be over', () => {
    const result = play(begun('Running'), [advance, { kind: 'cancel', runId: 'b' }, looked(false)]);
    assert.deepEqual(result.done, ['look b', 'stop b']);
    assert.equal(result.statuses['b'], 'CancelRequested');
  });

  test('one that waits for an equal one is called off at once: it was not launched', () => {
    const result = play(begun('Running'), [advance, looked(false), { kind: 'cancel', runId: 'b' }]);
    assert.deepEqual(result.done, ['look b']);
    assert.equal(result.statuses['b'], 'Canceled');
  });
});

describe('the decisions on a tree of runs', () => {
  test('a chain runs in order and completes', () => {
    const tree = () => pipeline(true, command('a'), command('b', ['a']));
    assert.deepEqual(play(tree, [advance]).done, ['start a']);
    assert.deepEqual(play(tree, [advance, ended('a')]).done, ['start a', 'start b']);
    assert.deepEqual(play(tree, [advance, ended('a'), ended('b')]).statuses, {
      p: 'Completed',
      a: 'Completed',
      b: 'Completed',
    });
  });

  test('after a failure independent nodes go on, readers of the failed one do not', () => {
    const tree = () => pipeline(true, command('a'), command('b', ['a']), command('c'));
    const result = play(tree, [advance, ended('a', 'Failed')]);
    assert.deepEqual(result.statuses, { p: 'Running', a: 'Failed', b: 'Canceled', c: 'Starting' });
    assert.equal(play(tree, [advance, ended('a', 'Failed'), ended('c')]).statuses['p'], 'Failed');
  });

  test('without continue_on_step_failure running nodes are stopped and none starts', () => {
    const tree = () => pipeline(false, command('a'), command('b'), command('c', ['b']));
    const result = play(tree, [advance, ended('a', 'Failed')]);
    assert.deepEqual(result.done, ['start a', 'start b', 'stop b']);
    assert.deepEqual(result.statuses, { p: 'Running', a: 'Failed', b: 'CancelRequested', c: 'Canceled' });
    assert.equal(play(tree, [advance, ended('a', 'Failed'), ended('b', 'Canceled')]).statuses['p'], 'Failed');
  });

  test('an optional input whose producer failed does not hold its reader back', () => {
    const reader = planOf('b', commandWork, [{ runId: 'a', optionalInput: 'extra' }], 'p');
    assert.deepEqual(play(() => pipeline(true, command('a'), reader), [advance, ended('a', 'Failed')]).done, [
      'start a',
      'start b',
    ]);
  });

  test('cancelling stops what runs, skips what waits, and wins over a completion in the same moment', () => {
    const tree = () => pipeline(true, command('a'), command('b', ['a']));
    const result = play(tree, [advance, { kind: 'cancel', runId: 'p' }, { kind: 'cancel', runId: 'p' }, ended('a')]);
    assert.deepEqual(result.done, ['start a', 'stop a']);
    assert.deepEqual(result.statuses, { p: 'Canceled', a: 'Canceled', b: 'Canceled' });
  });

  test('a single command is its own tree', () => {
    const events: JobEvent[] = [advance, { kind: 'phase', runId: 'j', status: 'Running' }, ended('j', 'Failed')];
    const { statuses, done } = play(() => treeOf(planOf('j', commandWork)), events);
    assert.deepEqual({ statuses, done }, { statuses: { j: 'Failed' }, done: ['start j'] });
  });

  test('every tree ends, a node starts at most once, and never before what it reads', () => {
    const scenario = fc.record({
      needs: fc.array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: 1, maxLength: 8 }),
      nested: fc.boolean(),
      goOn: fc.boolean(),
      outcomes: fc.array(fc.constantFrom('Completed', 'Failed', 'Canceled' as const), { minLength: 8, maxLength: 8 }),
      cancelAt: fc.option(fc.nat(10)),
      picks: fc.array(fc.nat(), { minLength: 20, maxLength: 20 }),
    });
    fc.assert(
      fc.property(scenario, ({ needs, nested, goOn, outcomes, cancelAt, picks }) => {
        const inner = planOf('q', { kind: 'pipeline', continueOnStepFailure: goOn }, [], 'p');
        const nodes = needs.map((list, index) =>
          command(
            `n${index}`,
            index === 0 ? [] : list.map((need) => `n${need % index}`),
            nested && index % 2 ? 'q' : 'p',
          ),
        );
        const tree = pipeline(goOn, ...(nested ? [inner] : []), ...nodes);
        const started: string[] = [];
        const running = new Set<string>();
        const apply = (event: JobEvent) => {
          const step = decide(tree, event, NOW);
          applyStep(tree, step);
          for (const item of step.transitions) {
            if (item.kind !== 'start') continue;
            assert.ok(!started.includes(item.runId), `${item.runId} started twice`);
            for (const need of tree.runs.get(item.runId)?.plan.needs ?? [])
              assert.equal(tree.runs.get(need.runId)?.state.status, 'Completed');
            started.push(item.runId);
            running.add(item.runId);
          }
        };
        apply(advance);
        for (let step = 0; running.size > 0; step += 1) {
          assert.ok(step < 100, 'the tree does not end');
          if (step === cancelAt) apply({ kind: 'cancel', runId: 'p' });
          const list = [...running];
          const runId = list[(picks[step % picks.length] as number) % list.length] as string;
          running.delete(runId);
          const event = ended(runId, outcomes[Number(runId.slice(1)) % outcomes.length]);
          apply(event);
          apply(event);
        }
        for (const { plan, state } of tree.runs.values())
          assert.ok(isTerminal(state.status), `${plan.runId} is ${state.status}`);
      }),
      { numRuns: 300 },
    );
  });
});
