import { rename, writeFile } from 'node:fs/promises';
import { newGuid } from './ids.ts';

/** Writes a small file whole: a draft beside it, then a rename. Readers see the old text or the new one. */
export async function replaceFile(path: string, text: string, mode = 0o600): Promise<void> {
  const draft = `${path}.${newGuid()}.part`;
  await writeFile(draft, text, { mode, flush: true });
  await rename(draft, path);
}
