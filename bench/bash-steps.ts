import { spawnSync } from 'node:child_process';
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { median, type Row } from './measure.ts';
import type { BenchServer } from './server.ts';

const STEPS = 40;
/** In it the next agent starts, half a second after the last one took its job: beside the bare loop it would slow that one. */
const PAUSE = 1000;

/** 40 sequential bash steps as one job, from the job's start to its end, against a bare spawn loop with two fsyncs a step. */
export async function bashSteps(server: BenchServer, rounds: number): Promise<Row> {
  const text = `steps:\n- checkout: none\n${Array.from({ length: STEPS }, (_, index) => `- bash: echo ${index}\n`).join('')}`;
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = -1; round < rounds; round++) {
    await sleep(PAUSE);
    const run = await server.runPipeline(text, server.home);
    if (run.result !== 'succeeded') throw new Error(`the bench pipeline ended ${run.result}`);
    const job = run.records.find((record) => record.type === 'Job');
    await sleep(PAUSE);
    const bare = bareLoop();
    if (round < 0) continue; // The first of each warms the caches.
    ours.push(Date.parse(job?.finishTime ?? '') - Date.parse(job?.startTime ?? ''));
    theirs.push(bare);
  }
  return {
    what: `${STEPS} sequential bash steps, warm server`,
    against: 'bare Node spawn loop, two fsyncs a step',
    ours: median(ours),
    theirs: median(theirs),
    goal: 1.6,
    rounds,
  };
}

function bareLoop(): number {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bare-'));
  const file = openSync(join(folder, 'log'), 'a');
  const start = performance.now();
  for (let index = 0; index < STEPS; index++) {
    writeSync(file, `start ${index}\n`);
    fsyncSync(file);
    const done = spawnSync('bash', ['-c', `echo ${index}`], { encoding: 'utf8' });
    writeSync(file, done.stdout);
    fsyncSync(file);
  }
  const taken = performance.now() - start;
  closeSync(file);
  rmSync(folder, { recursive: true });
  return taken;
}
