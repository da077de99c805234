import { createHash } from 'node:crypto';

const NAMESPACE = Buffer.from('53371b7fd4614b5dc5e227335323df24', 'hex');

/**
 * The id of a timeline record: a name-based GUID (SHA-1) of its identifier, the same in every attempt and on every server (agent source).
 * @param identifier `[stage.]phase.job[.task]` in any case; see {@link identifierOf}
 */
export function recordId(identifier: string): string {
  const name = Buffer.from(identifier.toLowerCase(), 'utf16le').swap16();
  const bytes = createHash('sha1').update(NAMESPACE).update(name).digest().subarray(0, 16);
  bytes[7] = ((bytes[7] as number) & 0x0f) | 0x50;
  // A .NET Guid: its first three groups are little-endian.
  const hex = (start: number, end: number) => bytes.subarray(start, end).toString('hex');
  const reversed = (start: number, end: number) => Buffer.from(bytes.subarray(start, end)).reverse().toString('hex');
  return `${reversed(0, 4)}-${reversed(4, 6)}-${reversed(6, 8)}-${hex(8, 10)}-${hex(10, 16)}`;
}

/** The identifier of a stage, job, leg or step: parts joined by dots, the default stage left out unless it stands alone. */
export function identifierOf(stage: string, ...rest: string[]): string {
  return [...(stage === '__default' && rest.length > 0 ? [] : [stage]), ...rest].join('.');
}
