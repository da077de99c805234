import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median, type Row, timedCommand } from './measure.ts';

/** `millrace run` of a hello-world pipeline with no server running, against `node -e 0` of the same Node. */
export function coldRun(program: string, node: string, rounds: number, what: string, goal?: number): Row {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-cold-'));
  const env = { ...process.env, MILLRACE_HOME: join(folder, 'home') };
  writeFileSync(join(folder, 'hello.yml'), 'steps:\n- checkout: none\n- bash: echo hello\n');
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = -1; round < rounds; round++) {
    const taken = timedCommand(program, ['run', 'hello.yml'], { cwd: folder, env });
    const bare = timedCommand(node, ['-e', '0']);
    if (round < 0) continue; // The first run makes keys and certificates.
    ours.push(taken);
    theirs.push(bare);
  }
  spawnSync(program, ['down'], { env });
  rmSync(folder, { recursive: true, force: true });
  return {
    what,
    against: '`node -e 0`',
    ours: median(ours),
    theirs: median(theirs),
    rounds,
    ...(goal === undefined ? {} : { goal }),
  };
}
