import { truncate } from 'node:fs/promises';
import { notFound } from '../../kernel/errors.ts';
import type { Files, Store, Writer } from '../../store/index.ts';
import type { DevopsTables } from '../tables.ts';

export type LogInfo = {
  readonly id: number;
  readonly lineCount: number;
  readonly createdOn: string;
  readonly lastChangedOn: string;
};

/** The logs of runs: one append-only file each, its length known to the database. */
export type Logs = {
  /** An empty log. @throws not-found for an unknown run */
  create(runId: number, path: string): Promise<LogInfo>;
  /** As `create`, several at once with their first whole lines; all of them are made, or none. */
  createWith(runId: number, begun: readonly { path: string; data: Uint8Array }[]): Promise<readonly LogInfo[]>;
  /**
   * Appends whole lines of text. `also` is done in the transaction that makes them part of the log: they belong together, over a crash
   * too, and when it says false the lines are dropped.
   * A log of 1 GiB takes no more; its last line says so.
   * @throws not-found for an unknown log
   */
  append(
    runId: number,
    logId: number,
    data: Uint8Array,
    also?: (writer: Writer<DevopsTables>) => Promise<boolean>,
  ): Promise<LogInfo>;
  list(runId: number): Promise<readonly LogInfo[]>;
  /** Lines `startLine` to `endLine`, 1-based and inclusive; 0 or absent means from the beginning, to the end. */
  lines(runId: number, logId: number, startLine?: number, endLine?: number): Promise<string[]>;
  text(runId: number, logId: number): Promise<Buffer>;
};

const LARGEST_LOG = 1024 ** 3;
const NEWLINE = 10;
const fullNotice = '##[warning]This log has reached its limit of 1 GiB: what was printed from here on is not kept.';
const MOST_PLACES = 1000;

const fileOf = (runId: number, logId: number) => `runs/${runId}/logs/${logId}.log`;

/** Makes the logs. Appends to one log are done one after the other; what a crash left beyond the committed length is cut off. */
export function createLogs(
  store: Store<DevopsTables>,
  files: Files,
  now: () => Date,
  largest: number = LARGEST_LOG,
): Logs {
  const tails = new Map<string, Promise<unknown>>();
  const full = new Set<string>();
  const inOrder = <T>(key: string, work: () => Promise<T>): Promise<T> => {
    const next = (tails.get(key) ?? Promise.resolve()).then(work, work);
    const tail = next
      .catch(() => undefined)
      .then(() => {
        if (tails.get(key) === tail) tails.delete(key);
      });
    tails.set(key, tail);
    return next;
  };
  const find = async (runId: number, logId: number) => {
    const row = await store.read
      .selectFrom('devops_logs')
      .selectAll()
      .where('run_id', '=', runId)
      .where('id', '=', logId)
      .executeTakeFirst();
    if (!row) throw notFound(`Run ${runId} has no log ${logId}.`);
    return row;
  };
  const places = new Map<string, { line: number; byte: number }>();
  const read = async (file: string, start: number, end: number): Promise<Buffer> => {
    if (start >= end) return Buffer.alloc(0);
    const pieces: Buffer[] = [];
    for await (const piece of files.stream(file, { start, end: end - 1 })) pieces.push(piece as Buffer);
    return Buffer.concat(pieces);
  };
  /** Puts bytes at the end of a log of that many; what a crash left beyond it is cut off. */
  const put = async (file: string, bytes: number, data: Uint8Array) => {
    if (data.length === 0) return;
    if (bytes === 0) return files.begin(file, data);
    const onDisk = (await files.info(file))?.size ?? 0;
    if (onDisk > bytes) await truncate(files.pathOf(file), bytes);
    await files.append(file, data);
  };
  // Numbers are given out before their logs are committed, so that a log's file can be written outside the transaction.
  const lastIds = new Map<number, Promise<{ id: number }>>();
  /** @returns the first of `count` numbers */
  const newIds = async (runId: number, count: number): Promise<number> => {
    const last = lastIds.get(runId) ?? lastIdOf(runId);
    // The newest at the end: a run that has been idle for a thousand others is read again.
    lastIds.delete(runId);
    lastIds.set(runId, last);
    if (lastIds.size > MOST_PLACES) lastIds.delete(lastIds.keys().next().value as number);
    const counter = await last;
    counter.id += count;
    return counter.id - count + 1;
  };
  const lastIdOf = (runId: number): Promise<{ id: number }> => {
    const last = store.read
      .selectFrom('devops_timelines')
      .select('last_log')
      .where('run_id', '=', runId)
      .executeTakeFirst()
      .then((row) => {
        if (!row) throw notFound(`There is no run ${runId}.`);
        return { id: row.last_log };
      });
    last.catch(() => lastIds.delete(runId));
    return last;
  };
  const logs: Logs = {
    create: async (runId, path) => (await logs.createWith(runId, [{ path, data: new Uint8Array() }]))[0] as LogInfo,
    async createWith(runId, begun) {
      const first = await newIds(runId, begun.length);
      const last = first + begun.length - 1;
      const at = now().toISOString();
      const rows = begun.map(({ path, data }, index) => {
        const ended = data.length === 0 ? data : withLastNewline(data);
        return { id: first + index, path, ended, lines: countLines(ended), created_on: at, changed_on: at };
      });
      for (const { id, ended } of rows) await put(fileOf(runId, id), 0, ended);
      await store.write(async (writer) => {
        await writer
          .updateTable('devops_timelines')
          .set((eb) => ({ last_log: eb.case().when('last_log', '<', last).then(last).else(eb.ref('last_log')).end() }))
          .where('run_id', '=', runId)
          .execute();
        await writer
          .insertInto('devops_logs')
          .values(rows.map(({ ended, ...row }) => ({ ...row, run_id: runId, bytes: ended.length })))
          .execute();
      });
      return rows.map(infoOf);
    },
    append: (runId, logId, data, also = async () => true) =>
      inOrder(`${runId}/${logId}`, async () => {
        const row = await find(runId, logId);
        if (data.length === 0) return infoOf(row);
        const bytes = Number(row.bytes);
        // What is beyond the limit is dropped, after one line that says so: a job is not lost for talking much.
        if (full.has(`${runId}/${logId}`)) return infoOf(row);
        const over = bytes + data.length > largest;
        if (over) full.add(`${runId}/${logId}`);
        const ended = withLastNewline(over ? Buffer.from(`${now().toISOString()} ${fullNotice}\n`) : data);
        await put(fileOf(runId, logId), bytes, ended);
        const changed = {
          bytes: bytes + ended.length,
          lines: row.lines + countLines(ended),
          changed_on: now().toISOString(),
        };
        const counts = await store.write(async (writer) => {
          if (!(await also(writer))) return false;
          await writer
            .updateTable('devops_logs')
            .set(changed)
            .where('run_id', '=', runId)
            .where('id', '=', logId)
            .execute();
          return true;
        });
        return infoOf(counts ? { ...row, ...changed } : row);
      }),
    async list(runId) {
      const rows = await store.read
        .selectFrom('devops_logs')
        .selectAll()
        .where('run_id', '=', runId)
        .orderBy('id')
        .execute();
      return rows.map(infoOf);
    },
    async text(runId, logId) {
      const row = await find(runId, logId);
      if (Number(row.bytes) === 0) return Buffer.alloc(0);
      return (await files.read(fileOf(runId, logId))).subarray(0, Number(row.bytes));
    },
    async lines(runId, logId, startLine = 0, endLine = 0) {
      const row = await find(runId, logId);
      const key = `${runId}/${logId}`;
      const first = Math.max(1, startLine);
      const last = endLine > 0 ? Math.min(endLine, row.lines) : row.lines;
      if (first > last) return [];
      // Whoever follows a log asks for what comes after the last answer: that place is remembered.
      const known = places.get(key);
      const from = known && known.line <= first ? known : { line: 1, byte: 0 };
      const bytes = await read(fileOf(runId, logId), from.byte, Number(row.bytes));
      const { text, next } = cut(bytes, first - from.line, last - from.line + 1);
      places.delete(key);
      places.set(key, { line: last + 1, byte: from.byte + next });
      if (places.size > MOST_PLACES) places.delete(places.keys().next().value as string);
      return text === '' ? [] : text.slice(0, -1).split('\n');
    },
  };
  return logs;
}

function infoOf(row: {
  readonly id: number;
  readonly lines: number;
  readonly created_on: string;
  readonly changed_on: string;
}): LogInfo {
  return { id: row.id, lineCount: row.lines, createdOn: row.created_on, lastChangedOn: row.changed_on };
}

function withLastNewline(data: Uint8Array): Uint8Array {
  return data[data.length - 1] === NEWLINE ? data : Buffer.concat([data, Buffer.from('\n')]);
}

function countLines(data: Uint8Array): number {
  let count = 0;
  for (const byte of data) if (byte === NEWLINE) count++;
  return count;
}

/** Lines `skip` to `until` of a text whose every line ends with a newline, and the byte after the last of them. */
function cut(bytes: Buffer, skip: number, until: number): { text: string; next: number } {
  let start: number | undefined;
  let place = 0;
  for (let line = 0; line < until; line++) {
    if (line === skip) start = place;
    const end = bytes.indexOf(NEWLINE, place);
    if (end < 0) break;
    place = end + 1;
  }
  return { text: bytes.toString('utf8', start ?? place, place), next: place };
}
