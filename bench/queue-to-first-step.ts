import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { median, type Row, timed } from './measure.ts';
import type { BenchServer } from './server.ts';

const PAUSE = 1000;

/**
 * From queueing a run to its first step's start on a warm server (an agent waits), against a bare start of bash. Each after a pause of a
 * second: a processor that has slept takes two to three times as long for either, and who queues a run has not kept it awake.
 */
export async function queueToFirstStep(server: BenchServer, rounds: number): Promise<Row> {
  const text = 'steps:\n- checkout: none\n- bash: echo hello\n  displayName: first\n';
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = -1; round < rounds; round++) {
    // Warm means that the next agent has registered; it starts when the one before took its job.
    await sleep(PAUSE);
    const run = await server.runPipeline(text, server.home);
    const step = run.records.find((record) => record.name === 'first');
    await sleep(PAUSE);
    const bare = await timed(() => spawnSync('bash', ['-c', 'echo hello']));
    if (round < 0) continue;
    ours.push(Date.parse(step?.startTime ?? '') - run.queuedAt);
    theirs.push(bare);
  }
  return {
    what: 'queue to first step, warm server (p50)',
    against: 'bare start of bash',
    ours: median(ours),
    theirs: median(theirs),
    goal: 4,
    rounds,
  };
}
