import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { decideSweep, type Trial } from './decide-sweep.ts';
import { readSweep } from './read-sweep.ts';

const rules = (more: object = {}, limits: object = {}) =>
  readSweep(
    {
      searchSpace: { lr: ['uniform', [0, 1]] },
      samplingAlgorithm: { samplingAlgorithmType: 'Random', seed: 1 },
      objective: { goal: 'Maximize', primaryMetric: 'accuracy' },
      limits: { maxTotalTrials: 5, maxConcurrentTrials: 2, ...limits },
      ...more,
    },
    0,
  );
const trial = (index: number, status: Trial['status'], ...history: number[]): Trial => ({
  runId: `s_${index}`,
  parameters: {},
  status,
  history,
  startedAt: 0,
});
const at = (now = 1000) => ({ now, startedAt: 0 });

describe('the decisions of a sweep', () => {
  test('as many trials as may run at once are made, then one for each that ended', () => {
    assert.equal(decideSweep(rules(), [], at(), false).start.length, 2);
    assert.equal(decideSweep(rules(), [trial(0, 'active'), trial(1, 'ending')], at(), false).start.length, 0);
    assert.equal(decideSweep(rules(), [trial(0, 'completed', 1), trial(1, 'active')], at(), false).start.length, 1);
    const five = [0, 1, 2, 3].map((index) => trial(index, 'completed', 1));
    assert.equal(decideSweep(rules(), [...five, trial(4, 'active')], at(), false).start.length, 0);
  });

  test('the best is the best last value of a completed trial', () => {
    const trials = [
      trial(0, 'completed', 0.9, 0.5),
      trial(1, 'completed', 0.6),
      trial(2, 'canceled', 0.99),
      trial(3, 'failed', 0.98),
      trial(4, 'completed'),
    ];
    assert.deepEqual(decideSweep(rules(), trials, at(), false).end, {
      status: 'Completed',
      best: { runId: 's_1', score: 0.6 },
    });
    const minimize = rules({ objective: { goal: 'minimize', primaryMetric: 'loss' } });
    assert.deepEqual(decideSweep(minimize, trials, at(), false).end, {
      status: 'Completed',
      best: { runId: 's_0', score: 0.5 },
    });
  });

  test('it fails when no trial completed, and gives up when the first twenty failed', () => {
    const failed = (count: number) => Array.from({ length: count }, (_, index) => trial(index, 'failed'));
    assert.deepEqual(decideSweep(rules(), failed(5), at(), false).end, {
      status: 'Failed',
      message: 'No trial of 5 completed; 5 failed.',
    });
    const long = rules({}, { maxTotalTrials: 100, maxConcurrentTrials: 10 });
    assert.equal(decideSweep(long, failed(19), at(), false).start.length, 10);
    const end = decideSweep(long, failed(20), at(), false).end;
    assert.match(end?.status === 'Failed' ? end.message : '', /20 failed, so no more were tried/);
  });

  test('at its time limit the sweep is cancelled with its trials', () => {
    const limited = rules({}, { timeout: 'PT1M' });
    const before = decideSweep(limited, [trial(0, 'active')], at(59_999), false);
    assert.equal(before.wakeAt, 60_000);
    const step = decideSweep(limited, [trial(0, 'active')], at(60_000), false);
    assert.match(step.cancel.get('s_0') ?? '', /limits\.timeout, 60 seconds/);
    assert.equal(step.start.length, 0);
    assert.equal(decideSweep(limited, [trial(0, 'canceled')], at(60_001), false).end?.status, 'Canceled');
  });

  test('a trial is cancelled at trial_timeout, counted from when it began to run', () => {
    const limited = rules({}, { trialTimeout: 'PT10S' });
    const waiting: Trial = { runId: 's_1', parameters: {}, status: 'active', history: [] };
    const step = decideSweep(limited, [{ ...trial(0, 'active'), startedAt: 5000 }, waiting], at(15_000), false);
    assert.deepEqual([...step.cancel.keys()], ['s_0']);
    assert.equal(decideSweep(limited, [{ ...trial(0, 'active'), startedAt: 5000 }], at(6000), false).wakeAt, 15_000);
  });

  test('one that was cancelled makes nothing, and ends when its trials have', () => {
    assert.deepEqual(decideSweep(rules(), [trial(0, 'ending')], at(), true).end, undefined);
    assert.deepEqual(decideSweep(rules(), [trial(0, 'canceled')], at(), true).end, { status: 'Canceled' });
  });

  test('a grid ends when it is exhausted', () => {
    const grid = rules({
      searchSpace: { a: ['choice', [[1, 2]]] },
      samplingAlgorithm: { samplingAlgorithmType: 'Grid' },
    });
    assert.equal(grid.maxTotalTrials, 2);
    assert.deepEqual(decideSweep(grid, [], at(), false).start, [{ a: 1 }, { a: 2 }]);
  });

  test('whatever the trials do, it makes no more than it may, and ends', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.tuple(fc.nat(), fc.constantFrom('completed', 'failed', 'canceled'), fc.float({ noNaN: true })), {
          minLength: 12,
          maxLength: 12,
        }),
        (total, concurrent, endings) => {
          const some = rules({}, { maxTotalTrials: total, maxConcurrentTrials: concurrent });
          let trials: Trial[] = [];
          for (const [pick, status, value] of endings) {
            const { start } = decideSweep(some, trials, at(), false);
            trials = [...trials, ...start.map((_, index) => trial(trials.length + index, 'active'))];
            const active = trials.filter((one) => one.status === 'active');
            assert.ok(active.length <= concurrent && trials.length <= total);
            const ending = active[pick % Math.max(1, active.length)];
            trials = trials.map((one) =>
              one === ending ? { ...one, status: status as 'completed', history: [value] } : one,
            );
          }
          assert.equal(trials.length, total);
          assert.ok(decideSweep(some, trials, at(), false).end);
        },
      ),
    );
  });
});

describe('the rules of a sweep', () => {
  test('what does not go together is refused, and says what would', () => {
    const body = { objective: { goal: 'maximize', primary_metric: 'a' }, search_space: { x: ['normal', [0, 1]] } };
    assert.throws(
      () => readSweep({ ...body, sampling_algorithm: 'grid' }, 0),
      /grid sampling takes choice .*'x' is a normal/,
    );
    assert.throws(() => readSweep({ ...body, sampling_algorithm: 'bayesian' }, 0), /choice, uniform, quniform/);
    assert.throws(() => readSweep({ ...body, sampling_algorithm: 'annealing' }, 0), /Known: random, grid, bayesian/);
    assert.throws(
      () => readSweep({ ...body, objective: { goal: 'most', primaryMetric: 'a' } }, 0),
      /maximize or minimize/,
    );
    assert.throws(() => readSweep({ ...body, limits: { max_total_trials: 1001 } }, 0), /1 to 1000/);
    assert.throws(
      () => readSweep({ ...body, early_termination: { type: 'bandit', slack_factor: 1, slack_amount: 1 } }, 0),
      /not both/,
    );
    assert.throws(
      () =>
        readSweep(
          {
            ...body,
            search_space: { x: ['uniform', [0, 1]] },
            sampling_algorithm: 'bayesian',
            early_termination: { type: 'median_stopping' },
          },
          0,
        ),
      /Bayesian sampling does not go with early termination/,
    );
  });

  test('a seed of the body wins over the one at hand', () => {
    const body = { objective: { goal: 'maximize', primaryMetric: 'a' }, searchSpace: { x: ['uniform', [0, 1]] } };
    assert.deepEqual(
      readSweep({ ...body, samplingAlgorithm: { type: 'random', rule: 'sobol', seed: 3 } }, 9).sampling,
      {
        kind: 'random',
        rule: 'sobol',
        seed: 3,
      },
    );
    assert.deepEqual(readSweep(body, 9).sampling, { kind: 'random', rule: 'random', seed: 9 });
  });
});
