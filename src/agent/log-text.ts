import type { TaskManifest } from '../contracts/task.ts';

const rule = '='.repeat(78);

/** The present time as log lines bear it: ISO 8601, UTC, seven digits of a second. */
export function logTime(now: Date): string {
  // A Date knows milliseconds; the format has room for more.
  return `${now.toISOString().slice(0, -1)}0000Z`;
}

/** The block at the beginning of a step's log. */
export function headerBlock(name: string, manifest: TaskManifest): string[] {
  const { Major, Minor, Patch } = manifest.version;
  return [
    startingLine(name),
    rule,
    `Task         : ${manifest.friendlyName}`,
    `Description  : ${manifest.description}`,
    `Version      : ${Major}.${Minor}.${Patch}`,
    `Author       : ${manifest.author}`,
    `Help         : ${manifest.helpUrl ?? manifest.helpMarkDown ?? ''}`,
    rule,
  ];
}

export const startingLine = (name: string): string => `##[section]Starting: ${name}`;
export const finishingLine = (name: string): string => `##[section]Finishing: ${name}`;
