import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { ParallelSettings } from './read-parallel.ts';

const DRIVER = join(import.meta.dirname, 'parallel-driver.py');
/** MILLRACE_PANDAS_PYTHON names an interpreter that has it where the machine's own has not. */
const python = process.env['MILLRACE_PANDAS_PYTHON'] ?? 'python3';
const noPandas =
  spawnSync(python, ['-c', 'import pandas']).status === 0
    ? false
    : 'pandas is not here: set MILLRACE_PANDAS_PYTHON to a Python that has it';
const made: string[] = [];
after(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

/** Runs a parallel job's drivers, one a node, over `files` (by their path below the input). */
async function run(
  script: string,
  files: Record<string, string> | number,
  settings: Partial<ParallelSettings> = {},
  { nodes = 1, args = [] as string[] } = {},
) {
  const root = mkdtempSync(join(tmpdir(), 'millrace-parallel-'));
  made.push(root);
  const input = join(root, 'input');
  const named =
    typeof files === 'number'
      ? Object.fromEntries(
          Array.from({ length: files }, (_, index) => [`f${String(index).padStart(3, '0')}`, `${index}`]),
        )
      : files;
  for (const [path, text] of Object.entries(named)) {
    mkdirSync(dirname(join(input, path)), { recursive: true });
    writeFileSync(join(input, path), text);
  }
  mkdirSync(join(root, 'tmp'));
  mkdirSync(join(root, 'code'));
  writeFileSync(join(root, 'code', 'score.py'), script);
  const all: ParallelSettings = {
    entryScript: 'score.py',
    tabular: false,
    miniBatchSize: 2,
    partitionKeys: [],
    processes: 2,
    miniBatchErrorThreshold: -1,
    errorThreshold: -1,
    maxRetries: 1,
    timeoutSeconds: 60,
    appendRowName: 'parallel_run_step.txt',
    ...settings,
  };
  const rows = join(root, 'out', 'rows.txt');
  const ended = await Promise.all(
    Array.from({ length: nodes }, (_, rank) => {
      const child = spawn(python, [DRIVER, `--input=${input}`, `--append-row-to=${rows}`, '--', ...args], {
        cwd: join(root, 'code'),
        env: {
          PATH: process.env['PATH'],
          MILLRACE_PARALLEL: JSON.stringify(all),
          AZ_BATCHAI_JOB_TEMP: join(root, 'tmp'),
          AZUREML_CR_NODE_RANK: String(rank),
          NOTES: join(root, 'notes'),
        },
      });
      let log = '';
      child.stdout.on('data', (chunk) => {
        log += chunk;
      });
      child.stderr.on('data', (chunk) => {
        log += chunk;
      });
      return new Promise<{ code: number | null; log: string }>((resolve) =>
        child.on('close', (code) => resolve({ code, log })),
      );
    }),
  );
  const text = (path: string) => {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return '';
    }
  };
  return {
    codes: ended.map((one) => one.code),
    log: ended.map((one) => one.log).join('\n'),
    rows: text(rows).split('\n').filter(Boolean),
    notes: text(join(root, 'notes')).split('\n').filter(Boolean),
  };
}

const ECHO = `
import os, sys
def note(text):
    with open(os.environ["NOTES"], "a") as file: file.write(text + "\\n")
def init(): note("init " + " ".join(sys.argv[1:]))
def run(mini_batch): return [open(path).read() for path in mini_batch]
def shutdown(): note("shutdown")
`;

describe('the driver of parallel jobs', () => {
  test('every mini-batch is run once, and the rows lie in the order of the input', async () => {
    const result = await run(ECHO, 9, {}, { args: ['--model', 'm 1'] });
    assert.deepEqual(result.codes, [0], result.log);
    assert.deepEqual(result.rows, ['0', '1', '2', '3', '4', '5', '6', '7', '8']);
    assert.deepEqual(result.notes.sort(), ['init --model m 1', 'init --model m 1', 'shutdown', 'shutdown']);
    assert.match(result.log, /5 mini-batches, 9 items/);
    assert.match(result.log, /5 mini-batches succeeded, 0 failed, 0 items failed/);
  });

  test('several nodes share the mini-batches, each taken by one of them', async () => {
    const result = await run(ECHO, 40, { miniBatchSize: 1, processes: 1 }, { nodes: 3 });
    assert.deepEqual(result.codes, [0, 0, 0], result.log);
    assert.deepEqual(
      result.rows.map(Number),
      Array.from({ length: 40 }, (_, index) => index),
    );
    assert.equal(result.log.match(/mini-batch \d+: 1 of 1 items/g)?.length, 40);
  });

  test('a mini-batch that raises is tried again, then failed; the threshold decides on the job', async () => {
    const script = `
import os
def run(mini_batch):
    if any(path.endswith("f003") for path in mini_batch): raise ValueError("bad file")
    return mini_batch
`;
    const ignored = await run(script, 6);
    assert.deepEqual(ignored.codes, [0], ignored.log);
    assert.equal(ignored.rows.length, 4);
    assert.match(ignored.log, /mini-batch 1 is tried again \(1 of 1\): ValueError: bad file/);
    assert.match(ignored.log, /2 mini-batches succeeded, 1 failed, 2 items failed/);
    const failed = await run(script, 6, { miniBatchErrorThreshold: 0 });
    assert.deepEqual(failed.codes, [1]);
    assert.match(failed.log, /The job fails: 1 mini-batches failed, mini_batch_error_threshold allows 0/);
    assert.deepEqual(failed.rows, []);
    assert.deepEqual((await run(script, 6, { miniBatchErrorThreshold: 1 })).codes, [0]);
    const percent = (allowed: string) => run(script, 6, {}, { args: ['--allowed_failed_percent', allowed] });
    assert.match((await percent('30')).log, /1 of 3 mini-batches failed, --allowed_failed_percent allows 30\.0 %/);
    assert.deepEqual((await percent('34')).codes, [0]);
    assert.match((await run(script, 6, { errorThreshold: 1 })).log, /2 items failed, error_threshold allows 1/);
  });

  test('fewer results than items are failed items', async () => {
    const script = 'def run(mini_batch): return mini_batch[1:]';
    const result = await run(script, 6, { errorThreshold: 3 });
    assert.deepEqual(result.codes, [0], result.log);
    assert.match(result.log, /0 mini-batches succeeded, 3 failed, 3 items failed/);
    assert.deepEqual((await run(script, 8, { errorThreshold: 3 })).codes, [1]);
  });

  test('one that takes too long is ended, its process replaced, and the mini-batch tried again', async () => {
    const script = `
import os, time
def run(mini_batch):
    mark = os.environ["NOTES"] + "-" + os.path.basename(mini_batch[0])
    if mini_batch[0].endswith("f002") and not os.path.exists(mark):
        open(mark, "w").close()
        time.sleep(600)
    return mini_batch
`;
    const result = await run(script, 4, { timeoutSeconds: 2, maxRetries: 4 });
    assert.deepEqual(result.codes, [0], result.log);
    assert.match(result.log, /run\(\) took longer than 2 seconds/);
    assert.equal(result.rows.length, 4);
  });

  test('a process that dies fails its mini-batch alone', async () => {
    const script = `
import os
def run(mini_batch):
    if mini_batch[0].endswith("f000"): os._exit(7)
    return mini_batch
`;
    const result = await run(script, 4, { maxRetries: 0 });
    assert.deepEqual(result.codes, [0], result.log);
    assert.match(result.log, /the process of the entry script ended with code 7/);
    assert.equal(result.rows.length, 2);
  });

  test('a script that cannot be begun fails the job, on whichever node it is found out', async () => {
    const result = await run('def init(): raise RuntimeError("no model")\ndef run(m): return m', 4, {}, { nodes: 2 });
    // The other node leaves quietly when it hears of it first.
    assert.equal(result.codes[0], 1, result.log);
    assert.match(result.log, /could not be begun: RuntimeError: no model/);
    assert.match((await run('x = 1', 1)).log, /has no function run\(mini_batch\)/);
    assert.match((await run('def run(m): return None', 1)).log, /must return a list or a DataFrame .* not NoneType/);
  });

  test('partition keys make a mini-batch of each of their values', async () => {
    const script = `
import json
def run(mini_batch, context):
    assert mini_batch.partition_key_value == context.partition_key_value
    return [json.dumps(mini_batch.partition_key_value, sort_keys=True)] * len(mini_batch)
`;
    const files = { 'country=de/year=1/a': '', 'country=de/year=1/b': '', 'country=fr/year=2/c': '' };
    const result = await run(script, files, { partitionKeys: ['country', 'year'] });
    assert.deepEqual(result.codes, [0], result.log);
    assert.deepEqual(result.rows, [
      '{"country": "de", "year": "1"}',
      '{"country": "de", "year": "1"}',
      '{"country": "fr", "year": "2"}',
    ]);
    assert.match(
      (await run(script, { a: '' }, { partitionKeys: ['country'] })).log,
      /has no folder for the partition key 'country'/,
    );
  });

  test('a table comes as DataFrames, by their size or by the values of columns', { skip: noPandas }, async () => {
    const script = `
def run(mini_batch, context):
    print("got", len(mini_batch), context.partition_key_value)
    return mini_batch[["country", "value"]]
`;
    const files = {
      MLTable:
        'paths:\n  - file: ./a.csv\n  - pattern: ./b*.csv\ntransformations:\n  - read_delimited:\n      delimiter: ";"\n',
      'a.csv': 'country;value\nde;1\nde;2\n',
      'b1.csv': 'country;value\nfr;3\n',
      'other.csv': 'of no table',
    };
    const sized = await run(script, files, { tabular: true, miniBatchSize: 1, processes: 1 });
    assert.deepEqual([sized.codes, sized.rows], [[0], ['de 1', 'de 2', 'fr 3']], sized.log);
    assert.match(sized.log, /3 mini-batches, 3 items/);
    const parts = await run(script, files, { tabular: true, partitionKeys: ['country'], processes: 1 });
    assert.deepEqual([parts.codes, parts.rows], [[0], ['de 1', 'de 2', 'fr 3']], parts.log);
    assert.match(parts.log, /got 2 \{'country': 'de'\}/);
    const unknown = await run(script, files, { tabular: true, partitionKeys: ['town'] });
    assert.match(unknown.log, /The table has no column 'town' to partition by\. It has: country, value\./);
  });

  test('an empty input is an empty output', async () => {
    const result = await run(ECHO, {});
    assert.deepEqual([result.codes, result.rows], [[0], []], result.log);
  });
});
