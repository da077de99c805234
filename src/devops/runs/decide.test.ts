import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { TimelineResult } from '../../contracts/agent.ts';
import type { Plan, PlanJob, PlanStage } from '../../language/index.ts';
import { decide } from './decide.ts';
import { initialState, nextDeadline, type RunEvent, type RunFacts, type RunState, type Transition } from './state.ts';

const job = (name: string, more: Partial<PlanJob> = {}): PlanJob => ({
  name,
  displayName: '',
  dependsOn: [],
  condition: 'succeeded()',
  continueOnError: false,
  timeoutInMinutes: 60,
  cancelTimeoutInMinutes: 5,
  pool: { kind: 'agents', demands: [] },
  variables: [],
  legs: [],
  steps: [],
  ...more,
});
const stage = (name: string, jobs: PlanJob[], more: Partial<PlanStage> = {}): PlanStage => ({
  name,
  displayName: '',
  dependsOn: [],
  condition: 'succeeded()',
  variables: [],
  jobs,
  ...more,
});
const planOf = (stages: PlanStage[]): Plan => ({
  appendCommitMessageToRunName: true,
  variables: [],
  stages,
  repositories: [],
});

/** Plays a run by hand. */
function play(plan: Plan) {
  const facts: RunFacts = { plan, system: {}, variables: {}, groups: {} };
  let state: RunState = initialState(plan);
  const started: string[] = [];
  const seen: Transition[] = [];
  let time = Date.UTC(2026, 0, 1);
  const tell = (event: RunEvent) => {
    const decided = decide(facts, state, event);
    state = decided.state;
    for (const one of decided.transitions) {
      seen.push(one);
      if (one.kind === 'start') started.push(nameOf(one.leg));
    }
  };
  const nameOf = (leg: { job: string; leg: string }) => (leg.leg === '__default' ? leg.job : `${leg.job}.${leg.leg}`);
  const at = () => new Date(time).toISOString();
  const legs = () =>
    state.stages.flatMap((one) =>
      one.jobs.flatMap((two) => two.legs.map((leg) => ({ ...leg, stage: one.name, job: two.name, leg: leg.name }))),
    );
  const idOf = (name: string) => {
    const found = legs().find((leg) => nameOf(leg) === name);
    assert.ok(found, `${name} has not begun`);
    return found.jobId;
  };
  tell({ kind: 'queued', at: at() });
  return {
    started,
    seen,
    legs,
    state: () => state,
    take: (name: string) => tell({ kind: 'jobStarted', jobId: idOf(name), at: at() }),
    end: (
      name: string,
      result: TimelineResult,
      outputs: Record<string, { value: string; isSecret?: boolean }> = {},
    ) => {
      tell({ kind: 'jobStarted', jobId: idOf(name), at: at() });
      tell({ kind: 'jobCompleted', jobId: idOf(name), at: at(), result, outputs });
    },
    cancel: (force = false) => tell({ kind: 'cancelRequested', at: at(), force }),
    pass(minutes: number) {
      time += minutes * 60_000;
      tell({ kind: 'tick', at: at() });
    },
    resultOf: (name: string) => state.stages.flatMap((one) => one.jobs).find((one) => one.name === name)?.result,
  };
}

// The table of the documentation and the recorded service: what a dependency's result makes of a condition.
const CONDITIONS = ['succeeded()', 'failed()', 'succeededOrFailed()', 'canceled()', 'always()'];
const TABLE: [string, (TimelineResult | 'skip')[], boolean[]][] = [
  ['succeeded', ['succeeded'], [true, false, true, false, true]],
  ['with issues', ['succeededWithIssues'], [true, false, true, false, true]],
  ['skipped', ['skip'], [false, false, false, false, true]],
  ['succeeded and skipped', ['succeeded', 'skip'], [false, false, true, false, true]],
  ['failed', ['failed'], [false, true, true, false, true]],
  ['abandoned', ['abandoned'], [false, false, false, false, true]],
];
for (const [name, results, expected] of TABLE)
  test(`conditions after dependencies that ended ${name}`, () => {
    const before = results.map((result, index) => job(`D${index}`, result === 'skip' ? { condition: 'eq(1, 2)' } : {}));
    const after = CONDITIONS.map((condition, index) =>
      job(`C${index}`, { condition, dependsOn: before.map((one) => one.name) }),
    );
    const run = play(planOf([stage('__default', [...before, ...after])]));
    results.forEach((result, index) => {
      if (result !== 'skip') run.end(`D${index}`, result);
    });
    assert.deepEqual(
      CONDITIONS.map((_, index) => run.started.includes(`C${index}`)),
      expected,
    );
  });

test('after a cancel only canceled() and always() begin, and the run is canceled', () => {
  const after = CONDITIONS.map((condition, index) => job(`C${index}`, { condition, dependsOn: ['D'] }));
  const run = play(planOf([stage('__default', [job('D'), ...after])]));
  run.take('D');
  run.cancel();
  run.end('D', 'canceled');
  assert.deepEqual(
    CONDITIONS.map((_, index) => run.started.includes(`C${index}`)),
    [false, false, false, true, true],
  );
  run.end('C3', 'succeeded');
  run.end('C4', 'succeeded');
  assert.equal(run.state().result, 'canceled');
});

test('a forced cancel starts nothing more', () => {
  const run = play(planOf([stage('__default', [job('D'), job('C', { condition: 'always()', dependsOn: ['D'] })])]));
  run.take('D');
  run.cancel();
  run.cancel(true);
  run.end('D', 'canceled');
  assert.deepEqual(run.started, ['D']);
  assert.equal(run.state().state, 'completed');
});

test('a job whose condition cannot be evaluated is abandoned and fails the run', () => {
  const run = play(planOf([stage('__default', [job('A', { condition: 'nonsense(' })])]));
  assert.equal(run.resultOf('A'), 'abandoned');
  assert.equal(run.state().result, 'failed');
});

test('a job that may fail counts as one with issues for those who depend on it', () => {
  const run = play(planOf([stage('__default', [job('A', { continueOnError: true }), job('B', { dependsOn: ['A'] })])]));
  run.end('A', 'failed');
  run.end('B', 'succeeded');
  assert.equal(run.resultOf('A'), 'succeededWithIssues');
  assert.equal(run.state().result, 'partiallySucceeded');
});

test('outputs reach jobs and stages under their documented names', () => {
  const value = (name: string, expression: string) =>
    ({ kind: 'value', name, value: expression, readonly: false }) as const;
  const run = play(
    planOf([
      stage('S', [job('J', { legs: [{ name: 'L', variables: { os: 'linux' } }] }), job('K')]),
      stage(
        'T',
        [
          job('M', {
            variables: [
              value('leg', "$[ stageDependencies.S.J.outputs['L.step.v'] ]"),
              value('plain', "$[ stageDependencies.S.K.outputs['step.v'] ]"),
            ],
          }),
        ],
        { dependsOn: ['S'], condition: "eq(dependencies.S.outputs['K.step.v'], 'two')" },
      ),
    ]),
  );
  run.end('J.L', 'succeeded', { 'step.v': { value: 'the-secret', isSecret: true } });
  run.end('K', 'succeeded', { 'step.v': { value: 'two' } });
  const variables = run.state().stages[1]?.jobs[0]?.variables;
  assert.deepEqual(variables, { leg: { value: 'the-secret', isSecret: true }, plain: { value: 'two' } });
});

test('no more legs run at one time than maxParallel says', () => {
  const legs = ['a', 'b', 'c'].map((name) => ({ name, variables: {} }));
  const run = play(planOf([stage('__default', [job('J', { legs, maxParallel: 2 })])]));
  assert.deepEqual(run.started, ['J.a', 'J.b']);
  run.end('J.b', 'succeeded');
  assert.deepEqual(run.started, ['J.a', 'J.b', 'J.c']);
});

test('a matrix may come out of an output', () => {
  const run = play(
    planOf([
      stage('__default', [job('A'), job('B', { dependsOn: ['A'], matrixExpression: "dependencies.A.outputs['s.m']" })]),
    ]),
  );
  run.end('A', 'succeeded', { 's.m': { value: '{"x":{"n":1},"2y":{"n":2}}' } });
  assert.deepEqual(run.started, ['A', 'B.x', 'B.Job2']);
});

test('time is up: told to stop, then given up', () => {
  const run = play(planOf([stage('__default', [job('A', { timeoutInMinutes: 10, cancelTimeoutInMinutes: 2 })])]));
  run.pass(60);
  assert.equal(run.state().state, 'inProgress', 'waiting in the queue does not count');
  run.take('A');
  run.pass(9);
  assert.ok(!run.seen.some((one) => one.kind === 'cancel'));
  run.pass(1);
  const told = run.seen.find((one) => one.kind === 'cancel');
  assert.equal(told?.kind === 'cancel' && told.seconds, 120);
  run.pass(2);
  assert.equal(run.state().result, 'canceled');
});

test('a second completion changes nothing', () => {
  const run = play(planOf([stage('__default', [job('A'), job('B')])]));
  run.end('A', 'failed');
  const before = run.state();
  run.end('A', 'succeeded');
  assert.deepEqual(run.state(), before);
});

// Whatever a graph looks like and however events fall, the run ends and nothing begins before what it depends on has ended.
test('every run ends, and no job begins before its dependencies have ended', () => {
  const results: TimelineResult[] = ['succeeded', 'succeededWithIssues', 'failed', 'canceled', 'skipped', 'abandoned'];
  const conditions = [...CONDITIONS, "eq(variables['x'], 'y')", 'broken('];
  const graph = fc.array(
    fc.record({
      jobs: fc.array(
        fc.record({
          before: fc.array(fc.nat(5), { maxLength: 3 }),
          condition: fc.constantFrom(...conditions),
          legs: fc.nat(3),
          maxParallel: fc.nat(2),
          continueOnError: fc.boolean(),
          server: fc.boolean(),
        }),
        { minLength: 1, maxLength: 5 },
      ),
      before: fc.array(fc.nat(3), { maxLength: 2 }),
      condition: fc.constantFrom(...conditions),
    }),
    { minLength: 1, maxLength: 4 },
  );
  const acts = fc.array(fc.tuple(fc.nat(9), fc.nat(20), fc.constantFrom(...results)), { maxLength: 40 });
  fc.assert(
    fc.property(graph, acts, (shape, script) => {
      const plan = planOf(
        shape.map((one, stageIndex) =>
          stage(
            `S${stageIndex}`,
            one.jobs.map((two, jobIndex) =>
              job(`S${stageIndex}J${jobIndex}`, {
                dependsOn: [...new Set(two.before.filter((n) => n < jobIndex))].map((n) => `S${stageIndex}J${n}`),
                condition: two.condition,
                continueOnError: two.continueOnError,
                maxParallel: two.maxParallel,
                pool: two.server ? { kind: 'server' } : { kind: 'agents', demands: [] },
                legs: Array.from({ length: two.legs }, (_, n) => ({ name: `L${n}`, variables: {} })),
              }),
            ),
            {
              dependsOn: [...new Set(one.before.filter((n) => n < stageIndex))].map((n) => `S${n}`),
              condition: one.condition,
            },
          ),
        ),
      );
      const run = play(plan);
      const check = () => {
        for (const planned of plan.stages) {
          const now = run.state().stages.find((one) => one.name === planned.name);
          const held = planned.dependsOn.some(
            (name) => run.state().stages.find((one) => one.name === name)?.state !== 'completed',
          );
          if (held) assert.equal(now?.state, 'pending');
          for (const one of planned.jobs) {
            const jobNow = now?.jobs.find((two) => two.name === one.name);
            const waits = one.dependsOn.some(
              (name) => now?.jobs.find((two) => two.name === name)?.state !== 'completed',
            );
            if (waits && now?.state !== 'completed')
              assert.equal(jobNow?.legs.length ?? 0, 0, `${one.name} began too early`);
            const active = jobNow?.legs.filter((leg) => leg.state === 'queued' || leg.state === 'running').length ?? 0;
            if (one.maxParallel) assert.ok(active <= one.maxParallel);
          }
        }
      };
      check();
      const open = () => run.legs().filter((leg) => leg.state === 'queued' || leg.state === 'running');
      const nameOf = (leg: { job: string; leg: string }) =>
        leg.leg === '__default' ? leg.job : `${leg.job}.${leg.leg}`;
      for (const [act, pick, result] of script) {
        const leg = open()[pick % Math.max(1, open().length)];
        if (act === 0) run.cancel();
        else if (act === 1) run.pass(pick * 10);
        else if (leg && act < 5) run.take(nameOf(leg));
        else if (leg) run.end(nameOf(leg), result);
        check();
      }
      for (let guard = 0; open().length > 0; guard++) {
        assert.ok(guard < 1000, 'the run does not end');
        run.end(nameOf(open()[0]!), 'succeeded');
        check();
      }
      assert.equal(run.state().state, 'completed');
      assert.notEqual(run.state().result, undefined);
      assert.equal(nextDeadline(run.state()), undefined);
      assert.equal(new Set(run.started).size, run.started.length, 'a job began twice');
    }),
    { numRuns: 300 },
  );
});
