import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const data = join(import.meta.dirname, 'cli/jobs/pipelines-with-components/nyc_taxi_data_regression/data');

test('make_data.py reproduces the committed trips byte for byte', () => {
  const folder = mkdtempSync(join(tmpdir(), 'taxi-data-'));
  try {
    execFileSync('python3', [join(import.meta.dirname, 'make_data.py'), '--output', folder]);
    assert.deepEqual(readdirSync(folder).sort(), readdirSync(data).sort());
    for (const name of readdirSync(data)) {
      assert.ok(readFileSync(join(folder, name)).equals(readFileSync(join(data, name))), `${name} differs`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
