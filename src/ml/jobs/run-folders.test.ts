import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { AssetType, Workspace } from '../types.ts';
import type { DataReferences } from './data-reference.ts';
import type { InputMode, PlannedInput, PlannedOutput, RunPlan } from './plan.ts';
import { makeRunFolders, uploadOutputs } from './run-folders.ts';

const workspace = { id: 'w', name: 'ws' } as Workspace;
const never = new AbortController().signal;

/** Data below `store/…` of a folder; what begins with `https://` is of the web. */
function scene(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), 'run-folders-'));
  t.after(() => rmSync(root, { recursive: true }));
  const local = (uri: string) => join(root, 'store', uri.replace(/^(?:azureml|https):\/\//, ''));
  const data: DataReferences = {
    resolve: async (_workspace, uri) => ({ uri }),
    resolveOutput: async (_workspace, uri) => ({ uri }),
    localPath: async (_workspace, uri) => local(uri),
    withLocal: async (_workspace, uri, _signal, use) => use(local(uri), uri.startsWith('https:')),
  };
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, 'store', path)), { recursive: true });
    writeFileSync(join(root, 'store', path), text);
  };
  const plan = (inputs: Record<string, PlannedInput>, outputs: Record<string, PlannedOutput> = {}) =>
    ({ displayName: 'job', inputs, outputs }) as unknown as RunPlan;
  const folder = join(root, 'run');
  return {
    root,
    folder,
    write,
    read: (path: string) => readFileSync(join(root, 'store', path), 'utf8'),
    make: (of: RunPlan) => makeRunFolders(folder, workspace, of, undefined, data, never),
    upload: (of: RunPlan) => uploadOutputs(folder, workspace, of, data),
    plan,
  };
}

const input = (uri: string, mode: InputMode, type: AssetType = 'uri_folder'): PlannedInput => ({
  value: { kind: 'asset', type, uri },
  mode,
});
const tree = (folder: string) => (readdirSync(folder, { recursive: true }) as string[]).sort();

test('each mode of an input: what is read-only or downloaded is the run’s own, a mount for writing is the data itself', async (t) => {
  const { make, plan, write, read } = scene(t);
  write('folder/a.csv', 'a');
  const { inputs } = await make(
    plan({
      mounted: input('azureml://folder', 'ReadOnlyMount'),
      loaded: input('azureml://folder', 'Download'),
      written: input('azureml://folder', 'ReadWriteMount'),
      direct: input('azureml://folder', 'Direct'),
      file: input('azureml://folder/a.csv', 'ReadOnlyMount', 'uri_file'),
      text: { value: { kind: 'literal', value: '1e-05' }, mode: 'ReadOnlyMount' },
    }),
  );
  assert.equal(inputs['direct'], 'azureml://folder');
  assert.equal(inputs['text'], '1e-05');
  assert.match(inputs['file'] as string, /INPUT_file\/a\.csv$/);
  const at = (name: string) => join(inputs[name] as string, 'a.csv');
  assert.equal(statSync(at('mounted')).mode & 0o222, 0);
  assert.equal(statSync(inputs['file'] as string).mode & 0o222, 0);
  // Even who may write everything writes its own copy.
  rmSync(at('mounted'));
  writeFileSync(at('mounted'), 'broken');
  writeFileSync(at('loaded'), 'changed');
  assert.equal(read('folder/a.csv'), 'a');
  writeFileSync(at('written'), 'new');
  assert.equal(read('folder/a.csv'), 'new');
});

test('the folders for artifacts are there from the start; what the code has of their names stays', async (t) => {
  const { folder, make, plan, write, root } = scene(t);
  assert.deepEqual(tree((await make(plan({}))).workingFolder), ['logs', 'outputs']);
  write('code/outputs/kept.txt', 'kept');
  write('code/logs', 'a file');
  const { workingFolder } = await makeRunFolders(
    folder,
    workspace,
    plan({}),
    join(root, 'store', 'code'),
    {} as DataReferences,
    never,
  );
  assert.deepEqual(tree(workingFolder), ['logs', 'outputs', 'outputs/kept.txt']);
});

test('an uploaded output is written aside and lies in its place when the run has ended; a mounted one at once', async (t) => {
  const { root, make, upload, plan } = scene(t);
  const output = (uri: string, mode: PlannedOutput['mode'], type: AssetType = 'uri_folder') => ({ type, uri, mode });
  const of = plan(
    {},
    {
      folder: output('azureml://out/folder', 'Upload'),
      file: output('azureml://out/deep/model.pkl', 'Upload', 'uri_file'),
      never: output('azureml://out/never.txt', 'Upload', 'uri_file'),
      mounted: output('azureml://out/mounted', 'ReadWriteMount'),
    },
  );
  const { outputs } = await make(of);
  assert.match(outputs['file'] as string, /run\/data\/file\/model\.pkl$/);
  writeFileSync(join(outputs['folder'] as string, 'a'), 'a');
  symlinkSync('/nowhere', join(outputs['folder'] as string, 'dangling'));
  writeFileSync(outputs['file'] as string, 'model');
  writeFileSync(join(outputs['mounted'] as string, 'b'), 'b');
  assert.deepEqual(tree(join(root, 'store/out')), ['mounted', 'mounted/b']);
  await upload(of);
  await upload(of);
  assert.deepEqual(tree(join(root, 'store/out')), [
    'deep',
    'deep/model.pkl',
    'folder',
    'folder/a',
    'mounted',
    'mounted/b',
  ]);
});

test('the paths of a table are placed in the modes that evaluate it, and none leaves its root', async (t) => {
  const { make, plan, write } = scene(t);
  write(
    'table/MLTable',
    'paths:\n- file: ./a.csv\n- folder: sub\n- pattern: more/*.csv\n- pattern: azureml://else/**/*.txt\n- file: https://example/x.csv\n',
  );
  for (const name of ['table/a.csv', 'table/sub/b.csv', 'table/more/c.csv', 'table/more/d.txt', 'table/unused'])
    write(name, name);
  for (const name of ['else/deep/e.txt', 'else/f.csv', 'example/x.csv']) write(name, name);
  const table = (mode: InputMode) => plan({ t: input('azureml://table', mode, 'mltable') });
  const evaluated = await make(table('EvalMount'));
  assert.deepEqual(
    tree(evaluated.inputs['t'] as string).filter((name) => /\./.test(name)),
    ['a.csv', 'deep/e.txt', 'more/c.csv', 'sub/b.csv', 'x.csv'],
  );
  const whole = await make(table('ReadOnlyMount'));
  assert.ok(tree(whole.inputs['t'] as string).includes('MLTable'));
  write('outside.csv', 'secret');
  for (const climbing of [
    'file: ../outside.csv',
    'pattern: more/../../*.csv',
    'file: /etc/passwd',
    "pattern: '*/../../*.csv'",
  ]) {
    write('table/MLTable', `paths:\n- ${climbing}\n`);
    await assert.rejects(make(table('EvalDownload')), /leaves its folder/, climbing);
  }
  write('table/MLTable', 'paths:\n- file: none.csv\n');
  await assert.rejects(make(table('EvalDownload')), /names 'none\.csv', and there is no such data/);
  write('table/MLTable', 'transformations: []\n');
  await assert.rejects(make(table('EvalDownload')), /no list 'paths'/);
});

test('of the web single files alone, and for reading', async (t) => {
  const { make, plan, write } = scene(t);
  write('example/x.csv', '1');
  const file = 'https://example/x.csv';
  const { inputs } = await make(plan({ x: input(file, 'ReadOnlyMount', 'uri_file') }));
  assert.equal(readFileSync(inputs['x'] as string, 'utf8'), '1');
  await assert.rejects(make(plan({ x: input(file, 'ReadOnlyMount') })), /type uri_file/);
  await assert.rejects(make(plan({ x: input(file, 'ReadWriteMount', 'uri_file') })), /ro_mount or download/);
  await assert.rejects(make(plan({ x: input('azureml://none', 'Download') })), /no data for the input 'x'/);
});
