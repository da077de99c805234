import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, test } from 'node:test';
import type { TaskManifest, TaskModule } from '../src/contracts/task.ts';
import { serverTasks } from '../src/devops/servertasks/registry.ts';
import { findInstallation } from '../src/main/installation.ts';
import { readServiceTasks, readTaskCatalog } from '../src/main/task-catalog.ts';
import { manifestFaults } from '../src/main/task-manifest.ts';

const root = join(import.meta.dirname, '..');
const foldersOf = (folder: string) =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(folder, entry.name));
const codeOf = (folder: string) =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => readFileSync(join(folder, file), 'utf8'))
    .join('\n');

const taskFolders = foldersOf(join(root, 'tasks'));
const serverFolders = foldersOf(join(root, 'src/devops/servertasks'));

describe('tasks', () => {
  const catalog = readTaskCatalog(findInstallation(join(root, 'src', 'main')));
  for (const folder of taskFolders) {
    test(`${basename(folder)} is whole: manifest, name and code agree`, async () => {
      assert.ok(existsSync(join(folder, 'task.json')), `${folder} has no task.json, so no one finds it`);
      const manifest = JSON.parse(readFileSync(join(folder, 'task.json'), 'utf8')) as TaskManifest;
      assert.deepEqual(manifestFaults(manifest), []);
      assert.equal(basename(folder), `${manifest.name}V${manifest.version.Major}`);
      const found = catalog.find(manifest.name, String(manifest.version.Major));
      assert.deepEqual(found, manifest, 'the catalog answers another manifest for this name and version');
      const module: TaskModule | undefined = await catalog.load(manifest.id, String(manifest.version.Major));
      assert.equal(typeof module?.run, 'function', 'index.ts does not export run');
      holdsInputsRead(folder, manifest);
    });
  }
});

test('the table of the service’s own tasks knows the built ones, each input by a name or an alias, and others by name and version', () => {
  const catalog = readTaskCatalog(findInstallation(join(root, 'src', 'main')));
  const file = join(root, 'tasks', 'service-tasks.json');
  const { tasks } = JSON.parse(readFileSync(file, 'utf8')) as { tasks: Readonly<Record<string, string>> };
  const table = new Map(Object.entries(tasks).map(([name, inputs]) => [name.toLowerCase(), inputs.toLowerCase()]));
  for (const { name, version, inputs } of [...catalog.all(), ...serverTasks.map((task) => task.manifest)]) {
    const listed = table.get(`${name}@${version.Major}`.toLowerCase());
    // `checkout` and `download` are steps of the language; the wait for machine learning comes with an extension.
    if (['Checkout', 'Download', 'AzureMLJobWaitTask'].includes(name)) continue;
    assert.ok(listed !== undefined, `${name}@${version.Major}`);
    const names = new Set(listed.split(' ').map((one) => one.replace('*', '')));
    const unknown = inputs.filter(
      (one) => ![one.name, ...(one.aliases ?? [])].some((any) => names.has(any.toLowerCase())),
    );
    assert.deepEqual(
      unknown.map((one) => one.name),
      [],
      name,
    );
  }
  const asked = [
    ['copyfiles', '2'],
    ['DotNetCoreCLI', '2.250.1'],
    ['CopyFiles', '9'],
    ['NoSuchTask', '1'],
  ] as const;
  assert.deepEqual(
    asked.map(([name, major]) => catalog.serviceTask(name, major)?.name),
    ['CopyFiles', 'DotNetCoreCLI', undefined, undefined],
  );
  const needed = catalog.serviceTask('CopyFiles', '2')?.inputs.filter((input) => input.required);
  assert.deepEqual(needed, [{ name: 'TargetFolder', required: true }]);
});

test('the ids of the service’s own tasks are whole, tell every task and version apart, and are those of the built ones', () => {
  const file = join(root, 'tasks', 'service-tasks.json');
  const { ids, tasks } = JSON.parse(readFileSync(file, 'utf8')) as {
    ids: Readonly<Record<string, string>>;
    tasks: Readonly<Record<string, string>>;
  };
  const references = Object.keys(tasks).map((reference) => reference.split('@') as [string, string]);
  const names = new Set(references.map(([name]) => name));
  assert.deepEqual(
    Object.entries(ids).filter(
      ([name, id]) => !names.has(name) || !/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(id),
    ),
    [],
  );
  // A renamed task has kept its id, with other versions.
  assert.deepEqual(repeated(references.flatMap(([name, major]) => (ids[name] ? [`${ids[name]}@${major}`] : []))), []);
  const catalog = readTaskCatalog(findInstallation(join(root, 'src', 'main')));
  const built = [...catalog.all(), ...serverTasks.map((task) => task.manifest)].filter(({ name }) => names.has(name));
  assert.equal(built.length, 9);
  assert.deepEqual(
    built.map(({ name }) => [name, ids[name]]),
    built.map(({ name, id }) => [name, id]),
  );
  const asked = [
    ['5BFB729A-a7c8-4a78-a7c3-8d717bb7c13c', '2'],
    ['5bfb729a-a7c8-4a78-a7c3-8d717bb7c13c', '9'],
    ['6c731c3c-3c68-459a-a5c9-bde6e6595b5b', '3'],
    ['6c731c3c-3c68-459a-a5c9-bde6e6595b5b', '2'],
    ['00000000-0000-0000-0000-000000000000', '1'],
  ] as const;
  assert.deepEqual(
    asked.map(([id, major]) => [catalog.serviceTask(id, major)?.name, catalog.find(id, major)?.name]),
    [
      ['CopyFiles', undefined],
      [undefined, undefined],
      ['Bash', 'Bash'],
      ['ShellScript', undefined],
      [undefined, undefined],
    ],
  );
});

test('a task of the table without an id is found by its name, and so are all of a table without ids', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-table-'));
  const file = join(folder, 'service-tasks.json');
  const read = (table: object) => {
    writeFileSync(file, JSON.stringify(table));
    return [...readServiceTasks(file).keys()];
  };
  const tasks = { 'One@1': '', 'Two@0': 'a* b' };
  assert.deepEqual(read({ tasks }), ['one@1', 'two@0']);
  assert.deepEqual(read({ ids: { Two: 'ID' }, tasks }), ['one@1', 'two@0', 'id@0']);
  rmSync(folder, { recursive: true });
});

describe('server tasks', () => {
  for (const folder of serverFolders) {
    test(`${basename(folder)} is whole and registered`, async () => {
      const main = join(folder, `${basename(folder)}.ts`);
      assert.ok(existsSync(main), `${folder} has no ${basename(folder)}.ts`);
      const exported = Object.values((await import(main)) as Record<string, unknown>);
      const task = serverTasks.find((one) => exported.includes(one));
      assert.ok(task, `${main} exports no task that src/devops/servertasks/registry.ts lists`);
      assert.deepEqual(manifestFaults(task.manifest), []);
      assert.ok(task.manifest.runsOn?.includes('Server'));
      holdsInputsRead(folder, task.manifest);
    });
  }

  test('the registry lists each folder once, and nothing else', () => {
    assert.equal(new Set(serverTasks).size, serverFolders.length);
    assert.equal(serverTasks.length, serverFolders.length);
  });
});

test('no two tasks share an id, or a name and major version', () => {
  const manifests = taskFolders
    .map((folder) => JSON.parse(readFileSync(join(folder, 'task.json'), 'utf8')) as TaskManifest)
    .concat(serverTasks.map((task) => task.manifest));
  for (const key of [
    (one: TaskManifest) => `${one.id}@${one.version.Major}`,
    (one: TaskManifest) => `${one.name.toLowerCase()}@${one.version.Major}`,
  ])
    assert.deepEqual(repeated(manifests.map(key)), []);
});

test('a catalog with a malformed manifest is refused, the file and each key named', () => {
  const tasksFolder = mkdtempSync(join(tmpdir(), 'millrace-tasks-'));
  const read = (text: string) => {
    writeFileSync(join(tasksFolder, 'OddV1', 'task.json'), text);
    try {
      readTaskCatalog({ ...findInstallation(join(root, 'src', 'main')), tasksFolder });
    } catch (error) {
      return (error as Error).message.replaceAll(tasksFolder, '');
    }
    return 'read';
  };
  mkdirSync(join(tasksFolder, 'OddV1'));
  const whole = JSON.parse(readFileSync(join(root, 'tasks', 'BashV3', 'task.json'), 'utf8'));
  const odd = (changes: object) => read(JSON.stringify({ ...whole, ...changes }));
  assert.equal(odd({}), 'read');
  assert.match(read('{'), /^The task manifest \/OddV1\/task\.json cannot be read: /);
  const faulty = (...lines: string[]) =>
    `The task manifest /OddV1/task.json is malformed:\n${lines.map((line) => `  ${line}`).join('\n')}`;
  assert.equal(read('[]'), faulty('the file holds no object'));
  assert.equal(odd({ id: 7 }), faulty("id: '7' is not a GUID in lower case"));
  assert.equal(
    odd({ inputs: [null], version: 1, runsOn: 'Agent' }),
    faulty('version: not an object', 'inputs: holds what is no object', 'runsOn: not a list'),
  );
  const input = { name: 'a', type: 'string', label: 'A', visibleRule: 'b is c' };
  assert.equal(
    odd({ inputs: [input], instanceNameFormat: 'x' }),
    faulty("inputs: a: the rule 'b is c' cannot be read"),
  );
  assert.equal(odd({ inputs: [{ ...input, aliases: 'b' }] }), faulty('inputs: a: aliases: not a list of texts'));
  rmSync(tasksFolder, { recursive: true });
});

test('a malformed manifest is told what is wrong with it', () => {
  const faults = manifestFaults({
    id: 'BASH',
    name: 'Ba sh',
    friendlyName: 'Bash',
    description: ' ',
    author: 'Millrace',
    version: { Major: 1, Minor: 0.5, Patch: 0 },
    runsOn: ['Moon'],
    instanceNameFormat: 'Bash $(place)',
    inputs: [
      { name: 'script', type: 'text', label: 'Script' },
      { name: 'mode', aliases: ['Script'], type: 'radio', label: '', defaultValue: 'x', options: { a: 'A' } },
      { name: 'quick', type: 'boolean', label: 'Quick', defaultValue: 'yes', visibleRule: 'speed = fast' },
    ],
  });
  assert.deepEqual(faults, [
    "id: 'BASH' is not a GUID in lower case",
    "name: 'Ba sh' is not a word",
    "version: Minor is '0.5', not a whole number",
    'description: missing',
    "runsOn: 'Moon'",
    "inputs: 'Script' is there twice, as a name or an alias",
    "inputs: script: the type 'text' is not one of the manifests'",
    'inputs: mode: no label',
    "inputs: mode: the default 'x' is not among its options",
    "inputs: quick: the default 'yes' is neither 'true' nor 'false'",
    "inputs: quick: the rule 'speed = fast' names 'speed', which is not an input",
    "instanceNameFormat: names 'place', which is not an input",
  ]);
  assert.deepEqual(inputsRead("context.input('a') + task.booleanInput( 'b' ) + input(name)"), ['a', 'b']);
});

/** The code asks for no input that the manifest does not declare: it would read as empty for ever. */
function holdsInputsRead(folder: string, manifest: TaskManifest): void {
  const declared = new Set(manifest.inputs.map((input) => input.name));
  assert.deepEqual(
    inputsRead(codeOf(folder)).filter((name) => !declared.has(name)),
    [],
    'the code reads inputs that the manifest does not declare',
  );
}

function repeated(names: readonly string[]): string[] {
  return names.filter((name, at) => names.indexOf(name) !== at);
}

/** The inputs that a task's code asks for by a literal name, as it writes them. */
function inputsRead(code: string): string[] {
  const calls = /\b(?:input|booleanInput|requiredInput|linesInput|endpoint)\(\s*'(\w+)'\s*\)/g;
  return [...code.matchAll(calls)].map((match) => match[1] as string);
}
