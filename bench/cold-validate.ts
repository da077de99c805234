import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { longPipeline } from './long-pipeline.ts';
import { median, type Row, timedCommand } from './measure.ts';

/** `millrace validate` of a file of fifty lines, cold, against `node -e 0` of the same Node. */
export function coldValidate(program: string, node: string, rounds: number): Row {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-validate-'));
  writeFileSync(join(folder, 'azure-pipelines.yml'), longPipeline(4).split('\n').slice(0, 50).join('\n'));
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = -1; round < rounds; round++) {
    const taken = timedCommand(program, ['validate'], { cwd: folder });
    const bare = timedCommand(node, ['-e', '0']);
    if (round < 0) continue;
    ours.push(taken);
    theirs.push(bare);
  }
  rmSync(folder, { recursive: true, force: true });
  return {
    what: '`validate` of 50 lines, cold, packed',
    against: '`node -e 0`',
    ours: median(ours),
    theirs: median(theirs),
    goal: 6,
    rounds,
  };
}
