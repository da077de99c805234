import type { TimelineRecordUpdate } from '../../contracts/agent.ts';
import { parseResult } from '../runs/results.ts';
import { hideSecrets } from '../runs/secrets.ts';
import type { RecordWrite, TimelineRecord } from '../runs/timeline.ts';
import { lowerFirst } from './list.ts';

/**
 * A record as answers show it: secrets are null.
 * @param hide hides the run's secrets in values that nobody declared secret, and in what agents of other makers left unmasked
 */
export function recordWire(record: TimelineRecord, logsUrl: string, hide: <T>(document: T) => T): object {
  return {
    ...record,
    attempt: record.attempt ?? 1,
    previousAttempts: [],
    ...(record.log
      ? { log: { id: record.log.id, type: 'Container', url: `${logsUrl}/${record.log.id}` } }
      : { log: null }),
    ...(record.variables ? { variables: hide(hideSecrets(record.variables)) } : {}),
    ...(record.issues ? { issues: hide(record.issues) } : {}),
  };
}

const STATES = ['pending', 'inProgress', 'completed'] as const;

/** Reads a PATCHed record in any spelling of its keys; what isn't known is dropped. Undefined without an id. */
export function readRecord(raw: unknown): RecordWrite | undefined {
  const given = lowerFirst(raw);
  if (typeof given['id'] !== 'string') return undefined;
  const text = (name: string) => (typeof given[name] === 'string' ? { [name]: given[name] } : {});
  const number = (name: string) => (typeof given[name] === 'number' ? { [name]: given[name] } : {});
  const state = stateOf(given['state']);
  const result = given['result'] === undefined || given['result'] === null ? undefined : parseResult(given['result']);
  const logId = lowerFirst(given['log'])['id'];
  const task = lowerFirst(given['task']);
  return {
    id: given['id'].toLowerCase(),
    ...text('parentId'),
    ...text('type'),
    ...text('name'),
    ...text('refName'),
    ...number('order'),
    ...(state ? { state } : {}),
    ...(result ? { result } : {}),
    ...text('startTime'),
    ...text('finishTime'),
    ...(given['currentOperation'] === null ? { currentOperation: null } : text('currentOperation')),
    ...number('percentComplete'),
    ...text('workerName'),
    ...number('errorCount'),
    ...number('warningCount'),
    ...(Array.isArray(given['issues']) ? { issues: given['issues'].map(readIssue) } : {}),
    ...(typeof logId === 'number' ? { log: { id: logId } } : {}),
    ...(typeof given['variables'] === 'object' && given['variables'] !== null
      ? { variables: readVariables(given['variables']) }
      : {}),
    ...(typeof task['name'] === 'string'
      ? { task: { id: String(task['id'] ?? ''), name: task['name'], version: String(task['version'] ?? '') } }
      : {}),
  } as RecordWrite;
}

function stateOf(value: unknown): (typeof STATES)[number] | undefined {
  if (typeof value === 'number') return STATES[value];
  return STATES.find((state) => state.toLowerCase() === String(value ?? '').toLowerCase());
}

function readIssue(raw: unknown): NonNullable<TimelineRecordUpdate['issues']>[number] {
  const given = lowerFirst(raw);
  const type = given['type'] === 2 || String(given['type']).toLowerCase() === 'warning' ? 'warning' : 'error';
  const data = given['data'];
  return {
    type,
    message: String(given['message'] ?? ''),
    ...(typeof given['category'] === 'string' ? { category: given['category'] } : {}),
    ...(typeof data === 'object' && data !== null ? { data: data as Record<string, string> } : {}),
  };
}

/** Variables by name: their names keep their spelling, the keys of each are read in any case. */
export function readVariables(raw: object): Record<string, { value: string; isSecret?: boolean }> {
  return Object.fromEntries(
    Object.entries(raw).map(([name, item]) => {
      const given = lowerFirst(item);
      const value = String(given['value'] ?? '');
      return [name, given['isSecret'] === true ? { value, isSecret: true } : { value }];
    }),
  );
}
