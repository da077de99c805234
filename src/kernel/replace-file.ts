import { readFileSync, statSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { newGuid } from './ids.ts';

/**
 * Writes a small file whole: a draft beside it, then a rename. Readers see the old text or the new one. A file that holds the text
 * already, with that mode, is left as it is: most starts change nothing, and each write waits for the disk.
 */
export async function replaceFile(path: string, text: string, mode = 0o600): Promise<void> {
  if (holds(path, text, mode)) return;
  const draft = `${path}.${newGuid()}.part`;
  try {
    await writeFile(draft, text, { mode, flush: true });
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

function holds(path: string, text: string, mode: number): boolean {
  try {
    return (statSync(path).mode & 0o777) === mode && readFileSync(path, 'utf8') === text;
  } catch {
    return false;
  }
}
