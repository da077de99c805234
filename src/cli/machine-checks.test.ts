import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { checkMachine, type Finding } from './machine-checks.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-doctor-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** A folder for PATH whose programs print what they are told. */
function programs(name: string, said: Readonly<Record<string, string>>): string {
  const bin = join(folder, name);
  mkdirSync(bin);
  for (const [program, text] of Object.entries(said)) {
    writeFileSync(join(bin, program), `#!/bin/sh\necho '${text}'\n`);
    chmodSync(join(bin, program), 0o755);
  }
  return bin;
}

async function check(PATH: string, env: Record<string, string> = {}, nodeVersion = '24.1.0') {
  const dataDirectory = join(folder, 'data/not/there');
  const findings = await checkMachine({
    env: { PATH, ...env },
    dataDirectory,
    nodeVersion,
    serverRuns: async () => false,
  });
  return (name: string) => findings.find((finding) => finding.name === name) as Finding;
}

test('a machine with everything', async () => {
  const said = {
    git: 'git version 2.50.0',
    'python3.11': 'Python 3.11.9',
    python3: 'Python 3.13.1',
    uv: 'uv 0.9.1',
    az: '',
  };
  const finding = await check(programs('whole', said));
  assert.deepEqual(finding('git'), { name: 'git', state: 'ok', found: '2.50.0' });
  assert.equal(finding('Python').state, 'ok');
  assert.match(finding('Python').found, /^3\.11\.9 \(.*python3\.11\), 3\.13\.1 /);
  assert.equal(finding('uv').found, '0.9.1');
  for (const name of ['Node', 'az', 'Port', 'Data directory', 'Proxy']) assert.equal(finding(name).state, 'ok', name);
});

test('what is missing is named, with a next step', async () => {
  const finding = await check(programs('bare', { python3: 'Python 3.9.2' }), {}, '22.3.0');
  for (const name of ['Node', 'git', 'Python']) {
    assert.equal(finding(name).state, 'problem', name);
    assert.ok(finding(name).next, name);
  }
  assert.equal(finding('uv').state, 'warning');
});

test('a Python that is too new for the curated packages is a warning', async () => {
  const finding = await check(programs('new', { python3: 'Python 3.14.0' }));
  assert.equal(finding('Python').state, 'warning');
});

test("a proxy's password is not shown", async () => {
  const finding = await check(programs('proxy', {}), {
    HTTPS_PROXY: 'http://me:s3cret@proxy.example:3128',
    NO_PROXY: 'a.example',
  });
  assert.deepEqual(finding('Proxy'), {
    name: 'Proxy',
    state: 'ok',
    found: 'HTTPS_PROXY=proxy.example:3128; exceptions: a.example',
  });
});
