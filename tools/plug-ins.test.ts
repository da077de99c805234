// Walks the folders of plug-ins that a registry file lists, and fails on one that nobody would find or that is malformed. Tasks and
// server tasks are walked by task-folders.test.ts; expression functions and az commands beside their registries.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, test } from 'node:test';
import { commands as loggingCommands } from '../src/agent/commands/registry.ts';
import { blobsMigrations } from '../src/blobs/index.ts';
import { devopsMigrations } from '../src/devops/index.ts';
import { identityMigrations } from '../src/identity/index.ts';
import { mlMigrations } from '../src/ml/index.ts';
import { jobTypes } from '../src/ml/jobtypes/registry.ts';
import { importsOf } from './check-layers.ts';
import { sourceFiles } from './source-files.ts';

const root = join(import.meta.dirname, '..');
const foldersOf = (folder: string) =>
  readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
const codeFiles = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.endsWith('.test.ts'),
  );
/** The files that a file imports, statically or by `import()`, from the repository's top. */
const importedBy = (file: string) => new Set(importsOf(file).map((entry) => entry.to));
const exportsOf = async (file: string) => Object.entries((await import(join(root, file))) as Record<string, unknown>);

// `importsOf` reads paths from the repository's top, where `npm test` runs; a single test file may be run from elsewhere.
process.chdir(root);

for (const api of ['src/devops/api', 'src/ml/api']) {
  describe(`REST resources of ${api}`, () => {
    const registry = `${api}/index.ts`;
    for (const folder of foldersOf(api)) {
      test(`${folder} is registered`, async () => {
        const main = `${api}/${folder}/${folder}.ts`;
        assert.ok(existsSync(join(root, main)), `${api}/${folder} has no ${folder}.ts`);
        assert.ok(importedBy(registry).has(main), `${registry} does not import ${main}`);
        const adders = (await exportsOf(main)).filter(([name]) => /^(add|register)[A-Z]/.test(name));
        assert.equal(adders.length, 1, `${main} exports ${adders.length} functions that add routes, not one`);
        const [name] = adders[0] as [string, unknown];
        const list = /const RESOURCES[\s\S]*? = \[([^\]]*)\]/.exec(readFileSync(join(root, registry), 'utf8'));
        assert.ok(new RegExp(`\\b${name}\\b`).test(list?.[1] ?? ''), `RESOURCES in ${registry} does not list ${name}`);
      });
    }
  });
}

describe('logging commands', () => {
  const folder = 'src/agent/commands';
  for (const file of codeFiles(folder).filter((name) => !['command.ts', 'registry.ts'].includes(name))) {
    test(`${file} is registered under its file's name`, async () => {
      const exported = (await exportsOf(`${folder}/${file}`)).map(([, value]) => value);
      const command = loggingCommands.find((one) => exported.includes(one));
      assert.ok(command, `${folder}/registry.ts does not list what ${file} exports`);
      assert.equal(file, `${command.area}-${command.event}.ts`);
      assert.match(`${command.area}.${command.event}`, /^[a-z]+\.[a-z]+$/, 'commands are looked up in lower case');
    });
  }
});

describe('job types', () => {
  const folder = 'src/ml/jobtypes';
  for (const name of foldersOf(folder)) {
    test(`${name} is registered under its folder's name`, async () => {
      const file = `${folder}/${name}/${name}-job.ts`;
      assert.ok(existsSync(join(root, file)), `${folder}/${name} has no ${name}-job.ts`);
      const exported = (await exportsOf(file)).map(([, value]) => value);
      const type = jobTypes.find((one) => exported.includes(one));
      assert.ok(type, `${folder}/registry.ts does not list what ${file} exports`);
      assert.equal(type.jobType.toLowerCase(), name, 'the folder has another name than the jobType of the wire');
    });
  }
});

describe('commands of millrace', () => {
  const folder = 'src/cli/commands';
  const registry = `${folder}/index.ts`;
  for (const file of codeFiles(folder).filter((name) => name !== 'index.ts')) {
    test(`${file} is registered`, () => {
      assert.ok(importedBy(registry).has(`${folder}/${file}`), `${registry} does not load ${file}`);
      const words = file.replace(/\.ts$/, '').replaceAll('/', ' ');
      const text = readFileSync(join(root, registry), 'utf8');
      assert.ok(text.includes(`name: '${words}'`), `${file} is not registered as '${words}'`);
    });
  }
});

describe('drivers', () => {
  const folder = 'src/drivers';
  for (const name of foldersOf(folder)) {
    test(`${name} exports its maker and passes the conformance suite`, async () => {
      const maker = `create${name.charAt(0).toUpperCase()}${name.slice(1)}Driver`;
      const exported = (await exportsOf(`${folder}/${name}/index.ts`)).map(([one]) => one);
      assert.ok(exported.includes(maker), `${folder}/${name}/index.ts does not export ${maker}`);
      const tests = sourceFiles(new RegExp(`^${folder}/${name}/.*\\.test\\.ts$`));
      assert.ok(
        tests.some((file) => readFileSync(file, 'utf8').includes(`describeDriver('${name}'`)),
        `no test of ${folder}/${name} calls describeDriver('${name}', …)`,
      );
    });
  }
});

describe('migrations', () => {
  const all = [...identityMigrations, ...blobsMigrations, ...devopsMigrations, ...mlMigrations];

  test('each is named by its slice, its number in order, and what it does', () => {
    const numbers = new Map<string, number>();
    for (const { name, statements } of all) {
      const [, slice = '', number] = /^([a-z]+)\/(\d{4})-[a-z0-9]+(?:-[a-z0-9]+)*$/.exec(name) ?? [];
      assert.ok(number, `'${name}' is not written <slice>/<four digits>-<what>`);
      assert.equal(Number(number), (numbers.get(slice) ?? 0) + 1, `'${name}' is not the next number of ${slice}`);
      numbers.set(slice, Number(number));
      assert.ok(statements.length > 0, `'${name}' does nothing`);
    }
  });

  test('the server applies the migrations of every slice that has some', () => {
    const server = readFileSync('src/main/server.ts', 'utf8');
    for (const file of sourceFiles(/^src\/[a-z]+\/index\.ts$/)) {
      const slice = basename(join(file, '..'));
      if (!/\b\w*[mM]igrations\b/.test(readFileSync(file, 'utf8')) || slice === 'store') continue;
      assert.ok(server.includes(`...${slice}Migrations`), `src/main/server.ts does not apply ${slice}Migrations`);
    }
  });
});
