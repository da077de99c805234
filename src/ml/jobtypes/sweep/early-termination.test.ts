import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type EarlyTermination, type Judged, judgeTrials } from './early-termination.ts';

const active = (runId: string, ...history: number[]): Judged => ({ runId, history, status: 'active' });
const every = { evaluationInterval: 1, delayEvaluation: 0 };
const ended = (policy: EarlyTermination, trials: readonly Judged[], goal: 'maximize' | 'minimize' = 'maximize') => [
  ...judgeTrials(policy, goal, trials).keys(),
];

describe('bandit', () => {
  // Documented example: with a slack of 0.2 a run whose best is Y ends when Y + 0.2 Y is below the best of all, 0.8.
  const policy: EarlyTermination = { kind: 'bandit', slackFactor: 0.2, ...every };
  test('ends what is outside the slack of the best', () => {
    assert.deepEqual(ended(policy, [active('best', 0.8), active('in', 0.67), active('out', 0.66)]), ['out']);
    assert.deepEqual(ended({ kind: 'bandit', slackAmount: 0.1, ...every }, [active('a', 0.8), active('b', 0.69)]), [
      'b',
    ]);
    assert.deepEqual(ended(policy, [active('best', 1), active('in', 1.2), active('out', 1.21)], 'minimize'), ['out']);
  });
  test('never ends the best one, on any side of zero', () => {
    assert.deepEqual(ended(policy, [active('a', -0.5), active('b', -1)]), ['b']);
    assert.deepEqual(ended(policy, [active('a', 0)]), []);
  });
  test('compares at the same interval, with the best value until then', () => {
    const fast = active('fast', 0.1, 0.5, 0.9);
    assert.deepEqual(ended(policy, [fast, active('slow', 0.1)]), []);
    assert.deepEqual(ended(policy, [fast, active('slow', 0.1, 0.2)]), ['slow']);
    assert.deepEqual(ended(policy, [active('was', 0.8, 0.1), active('is', 0.8, 0.8)]), []);
  });
});

test('a policy applies at multiples of its interval, from its delay on', () => {
  const policy: EarlyTermination = { kind: 'bandit', slackFactor: 0, evaluationInterval: 2, delayEvaluation: 4 };
  const best = active('best', 1, 1, 1, 1, 1);
  for (const [count, ends] of [
    [1, false],
    [3, false],
    [4, true],
    [5, true],
  ] as const)
    assert.equal(ended(policy, [best, active('x', ...Array.from({ length: count }, () => 0))]).length === 1, ends);
});

test('median stopping ends what is below the median of the running averages', () => {
  const policy: EarlyTermination = { kind: 'median_stopping', ...every };
  const trials = [active('a', 0.2, 0.4), active('b', 0.6, 0.6), active('c', 0.8, 0.8)];
  assert.deepEqual(ended(policy, trials), ['a']);
  assert.match(judgeTrials(policy, 'maximize', trials).get('a') ?? '', /0\.4, is worse than .*0\.6, at interval 2/);
  assert.deepEqual(ended(policy, trials, 'minimize'), ['c']);
  assert.deepEqual(ended(policy, [active('alone', 0.1)]), []);
});

describe('truncation selection', () => {
  const policy: EarlyTermination = { kind: 'truncation_selection', percentage: 20, excludeFinished: true, ...every };
  const ten = Array.from({ length: 10 }, (_, index) => active(`t${index}`, index / 10));
  test('ends the worst share, rounded down', () => {
    assert.deepEqual(ended(policy, ten), ['t0', 't1']);
    assert.deepEqual(ended(policy, ten.slice(0, 4)), []);
    assert.deepEqual(ended(policy, ten, 'minimize'), ['t8', 't9']);
  });
  test('what it ended counts on, so that the rest is not cut again at the same interval', () => {
    const after = ten.map((one, index): Judged => (index < 2 ? { ...one, status: 'canceled' } : one));
    assert.deepEqual(ended(policy, after), []);
  });
  test('finished trials count unless they are excluded', () => {
    const trials = [...ten.slice(0, 4), { ...(ten[9] as Judged), status: 'finished' as const }];
    assert.deepEqual(ended(policy, trials), []);
    assert.deepEqual(ended({ ...policy, excludeFinished: false }, trials), ['t0']);
  });
});
