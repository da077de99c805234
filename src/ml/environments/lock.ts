import { mkdir, open, readFile, rm, stat, utimes } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { newGuid } from '../../kernel/ids.ts';

/** How often the holder shows that it lives, and how long its silence may last (ms). A machine that was suspended shows again at once. */
const BEAT = 5_000;
const SILENCE = 60_000;
const LOOK_AGAIN = 200;

/**
 * Runs `work` while holding a lock file, so that two processes do not build one folder at the same time. The file holds the owner's pid; it is
 * taken over when that process is gone or has been silent for a minute.
 * @param signal ends the waiting (the error is the signal's own)
 */
export async function withLock<T>(file: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const token = `${process.pid} ${newGuid()}`;
  while (!(await take(file, token))) {
    await removeIfStale(file);
    await sleep(LOOK_AGAIN, undefined, { signal });
  }
  const beat = setInterval(() => {
    const now = new Date();
    utimes(file, now, now).catch(() => {});
  }, BEAT);
  beat.unref();
  try {
    return await work();
  } finally {
    clearInterval(beat);
    if ((await readFile(file, 'utf8').catch(() => '')) === token) await rm(file, { force: true });
  }
}

async function take(file: string, token: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx', 0o600);
    await handle.writeFile(token);
    await handle.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Only one process at a time may judge and remove, or the second would remove what the first has just taken. */
async function removeIfStale(file: string): Promise<void> {
  if (!(await isStale(file))) return;
  const judge = `${file}.judge`;
  try {
    await mkdir(judge);
  } catch {
    const age = await ageOf(judge);
    if (age !== undefined && age > SILENCE) await rm(judge, { recursive: true, force: true });
    return;
  }
  try {
    if (await isStale(file)) await rm(file, { force: true });
  } finally {
    await rm(judge, { recursive: true, force: true });
  }
}

async function isStale(file: string): Promise<boolean> {
  const age = await ageOf(file);
  if (age === undefined) return false;
  if (age > SILENCE) return true;
  const pid = Number((await readFile(file, 'utf8').catch(() => '')).split(' ')[0]);
  // An empty file is one that is being written.
  return pid > 0 && !isAlive(pid);
}

async function ageOf(file: string): Promise<number | undefined> {
  const found = await stat(file).catch(() => undefined);
  return found && Date.now() - found.mtimeMs;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
