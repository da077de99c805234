import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeClock } from '../../kernel/clock.ts';
import { silentLog } from '../../kernel/log.ts';
import type { Workspace } from '../types.ts';
import { type ActiveJobDeps, runJob } from './active-job.ts';
import type { Outcome } from './command-run.ts';
import type { RunPlan, RunState, Work } from './plan.ts';

const START = Date.UTC(2026, 0, 1);
const workspace: Workspace = {
  id: 'w',
  subscriptionId: 's',
  resourceGroup: 'g',
  name: 'ws',
  location: 'eastus',
  storageAccount: 'a',
  createdAt: new Date(START).toISOString(),
};

const command: Work = {
  kind: 'command',
  command: 'true',
  environment: 'e',
  environmentVariables: {},
  compute: 'c',
  nodes: 1,
};

function planOf(runId: string, more: Partial<RunPlan> = {}): RunPlan {
  return {
    runId,
    launchId: `launch-${runId}`,
    parent: 'p',
    nodeKey: runId,
    name: runId,
    displayName: runId,
    experimentName: 'tests',
    tags: {},
    properties: {},
    createdAt: workspace.createdAt,
    inputs: {},
    outputs: {},
    needs: [],
    work: command,
    ...more,
  };
}

/** A pipeline whose own run is `p`, on a disk that takes its time. */
function play(nodes: readonly RunPlan[], endings: Readonly<Record<string, Outcome['status']>>) {
  const { parent: _, nodeKey: __, ...own } = planOf('p', { work: { kind: 'pipeline', continueOnStepFailure: false } });
  const onDisk = new Map<string, RunState>();
  const stored = [own, ...nodes].map((plan, index) => {
    const state: RunState = { status: index === 0 ? 'Preparing' : 'NotStarted' };
    onDisk.set(plan.runId, state);
    return { plan, state };
  });
  /** What was on disk when a run was begun, by the run. */
  const seen = new Map<string, Record<string, string>>();
  const statuses = () => Object.fromEntries([...onDisk].map(([runId, { status }]) => [runId, status]));
  const never = () => Promise.reject(new Error('nobody asks for this'));
  const deps: ActiveJobDeps = {
    clock: fakeClock(START),
    log: silentLog,
    tracking: { ensureRuns: async () => ({ experimentId: 'e' }), setStatuses: async () => {} },
    async commit(_workspace, _job, { states }) {
      for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
      for (const [runId, state] of states) onDisk.set(runId, state);
    },
    async execute({ plan }) {
      seen.set(plan.runId, statuses());
      await new Promise(setImmediate);
      return { status: endings[plan.runId] ?? 'Completed' };
    },
    wasLaunched: async () => false,
    lead: never,
    register: async () => {},
    findReusable: async () => undefined,
    readItems: never,
    gather: never,
    resolve: never,
    leave: new AbortController().signal,
  };
  return new Promise<{ seen: typeof seen; statuses: Record<string, string> }>((resolve) => {
    const job = runJob(deps, workspace, 'p', stored, false, async () => resolve({ seen, statuses: statuses() }));
    job.post({ kind: 'advance' });
  });
}

test('the node that comes last begins when it is on disk how all others ended', async () => {
  const last = planOf('last', { atEnd: true, needs: ['a', 'b'].map((runId) => ({ runId, whatever: true })) });
  const { seen, statuses } = await play([planOf('a'), planOf('b', { needs: [{ runId: 'a' }] }), last], { a: 'Failed' });
  // A crash in the moment in which it begins leaves a disk that knows why 'b' must not begin behind it.
  assert.deepEqual(seen.get('last'), { p: 'Running', a: 'Failed', b: 'Canceled', last: 'Starting' });
  assert.deepEqual(statuses, { p: 'Failed', a: 'Failed', b: 'Canceled', last: 'Completed' });
});
