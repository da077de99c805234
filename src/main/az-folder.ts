import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Installation } from './installation.ts';

/** Writes the folder whose `az` is the embedded one, to be put first on PATH of steps. Rewritten when Millrace or its Node moved. */
export function writeAzFolder(installation: Installation, home: string): string {
  const folder = join(home, 'bin');
  const file = join(folder, 'az');
  const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
  const script = `#!/bin/sh\nexec ${[process.execPath, ...installation.nodeOptions, installation.program('az')].map(quoted).join(' ')} "$@"\n`;
  mkdirSync(folder, { recursive: true });
  if (readIfThere(file) !== script) {
    writeFileSync(file, script);
    chmodSync(file, 0o755);
  }
  return folder;
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
