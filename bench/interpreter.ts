import { spawnSync } from 'node:child_process';

/**
 * Absolute path of the Python that `python3` ends up in. The name on PATH may be a version manager's shell script, which costs several
 * times the interpreter's own start: measured through it, any overhead of ours would vanish in it.
 */
export function interpreter(): string {
  const done = spawnSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`python3 does not start: ${done.stderr ?? done.error}`);
  return done.stdout.trim();
}
