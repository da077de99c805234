import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSameProcess, type ProcessStart, processStart } from '../kernel/process-identity.ts';

/** The folder of a slot: one agent at a time works in it. */
export const slotFolder = (home: string, slot: number): string => join(home, 'agents', String(slot));

/** Notes that the process works in the slot until it ends, whoever started it. */
export function holdSlot(home: string, slot: number, pid: number): void {
  // Of a process that has ended by now there is nothing to hold.
  const start = processStart(pid);
  if (start) writeFileSync(join(slotFolder(home, slot), 'pid'), JSON.stringify({ pid, ...start }));
}

/** The lowest slot that is neither among `used` nor held by a living agent of an earlier server. */
export function freeSlot(home: string, used: ReadonlySet<number>): number {
  for (let slot = 1; ; slot++) if (!used.has(slot) && !isHeld(home, slot)) return slot;
}

function isHeld(home: string, slot: number): boolean {
  try {
    const held: unknown = JSON.parse(readFileSync(join(slotFolder(home, slot), 'pid'), 'utf8'));
    // Older servers wrote the pid alone.
    if (typeof held === 'number') return processStart(held) !== undefined;
    const { pid, ...start } = held as { pid: number } & ProcessStart;
    return isSameProcess(pid, start);
  } catch {
    return false;
  }
}
