import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { TaskCatalog } from '../language/index.ts';
import { type CliIo, runCli } from './index.ts';

const root = join(import.meta.dirname, '../..');
const regions = 'src/language/explain/testdata/regions';
const anyTask: TaskCatalog = {
  find: (name, major) => ({ id: name, name, version: { Major: Number(major) }, inputs: [] }),
};

// A server that has run the pipeline of `regions` as run 1, and answers what the real one does: its own test holds the file to that.
const recorded = JSON.parse(readFileSync(join(root, 'src/devops/testdata/explained-run.json'), 'utf8'));
const server = createServer((request, response) => {
  const url = new URL(request.url ?? '', 'http://x');
  const isRun = url.pathname === '/millrace/default/_apis/millrace/runs/1/explanation';
  const at = url.searchParams.get('at');
  const directory = join(root, regions);
  const unknown = { kind: 'unknown', level: 'step', word: 'publsh', inside: 'Train_eu/Train', names: ['publish'] };
  const body = !isRun
    ? { message: 'There is no such run.' }
    : at === null
      ? { directory, parts: [{ path: 'Train_eu', displayName: 'Train_eu' }] }
      : at === recorded.explanation.path
        ? { ...recorded, directory }
        : { directory, unknown };
  response.writeHead(isRun ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(body));
});
before(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
after(() => {
  server.closeAllConnections();
  server.close();
});

async function call(folder: string, args: readonly string[], env: CliIo['env'] = {}, isTTY = false) {
  const written = { out: '', err: '' };
  const io: CliIo = {
    stdout: {
      isTTY,
      write(text) {
        written.out += text;
      },
    },
    stderr: {
      write(text) {
        written.err += text;
      },
    },
    env,
    cwd: join(root, folder),
    onInterrupt: () => () => undefined,
    host: {
      version: '0',
      dataDirectory: '/',
      sampleDirectory: undefined,
      tasks: async () => anyTask,
      connect: async () => ({
        url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        token: 'token',
        hosted: false,
        close: async () => undefined,
      }),
    } as unknown as CliIo['host'],
  };
  return { code: await runCli(args, io), ...written };
}

// `UPDATE_DOCS=1 node --test src/cli/explain.test.ts` writes what is printed now into the page.
describe('docs/guide/explain.md', () => {
  const page = join(root, 'docs/guide/explain.md');
  const sample = join(root, 'src/language/explain/testdata/regions');
  const text = readFileSync(page, 'utf8');
  // `# folder/file.yml` in the first line of a block names the file that it shows; `in folder` is where a command is typed.
  const files = /^```yaml\n# (\S+)\n[\s\S]*?^```$/gm;
  const commands = /^<!-- in (\S+) -->\n+```console\n\$ millrace (.+)\n[\s\S]*?^```$/gm;

  it('shows its files as they are, and what its commands print', async () => {
    assert.ok([...text.matchAll(files)].length >= 4 && [...text.matchAll(commands)].length >= 3);
    let now = text.replace(files, (_block, name) => `\`\`\`yaml\n${readFileSync(join(sample, name), 'utf8')}\`\`\``);
    for (const [block, folder, command] of text.matchAll(commands)) {
      const { code, out, err } = await call(folder!, command!.split(' '));
      assert.deepEqual([code, err], [0, ''], command);
      now = now.replace(block, () => `<!-- in ${folder} -->\n\n\`\`\`console\n$ millrace ${command}\n${out}\`\`\``);
    }
    if (process.env['UPDATE_DOCS']) writeFileSync(page, now);
    else assert.equal(text, now);
  });
});

it('lists what there is without --at', async () => {
  const { out, err } = await call(regions, ['explain', '-p', 'regions=[us]']);
  assert.match(out, /^Train_us +Train_us\nTrain_us\/Train +Train in US\nTrain_us\/Train\/Checkout\n/);
  assert.match(err, /millrace explain --at PATH/);
});

it('colours a terminal, and nothing under NO_COLOR', async () => {
  const coloured = await call(regions, ['explain', '--at', 'Train_eu'], {}, true);
  assert.match(coloured.out, /\x1b\[1mstage Train_eu/);
  const plain = await call(regions, ['explain', '--at', 'Train_eu'], { NO_COLOR: '1' }, true);
  assert.doesNotMatch(plain.out, /\x1b/);
});

it('answers 2 for a part that is not there, and for a pipeline that is not valid', async () => {
  const unknown = await call(regions, ['explain', '--at', 'Train_uk/Train']);
  assert.equal(unknown.code, 2);
  assert.match(unknown.err, /the pipeline has no stage 'Train_uk'\. Did you mean Train_us\? It has:/);
  const invalid = await call(regions, ['explain', '--at', 'Train_eu', '-p', 'regoins=x']);
  assert.deepEqual([invalid.code, invalid.out], [2, '']);
});

it('hands programs the same as JSON', async () => {
  const { out } = await call(regions, ['explain', '--at', 'Train_eu/Train/publish', '--json']);
  const found = JSON.parse(out);
  assert.deepEqual(
    found.origin.map((link: { kind: string }) => link.kind),
    ['pipeline', 'template', 'each', 'template', 'if', 'template'],
  );
  assert.equal(found.origin[4].evaluated.data, true);
  assert.equal(found.properties[1].runtime.parts[1].data, true);
});

it('explains a run by its number, and takes nothing that a run has of its own', async () => {
  const parts = await call(regions, ['explain', '--run', '1']);
  assert.equal(parts.out, 'Train_eu  Train_eu\n');
  const unknown = await call(regions, ['explain', '--run', '1', '--at', 'Train_eu/Train/publsh']);
  assert.equal(unknown.code, 2);
  assert.match(unknown.err, /Did you mean Train_eu\/Train\/publish\?/);
  for (const more of [['-p', 'a=b'], ['azure-pipelines.yml']]) {
    const { code, err } = await call(regions, ['explain', '--run', '1', ...more]);
    assert.equal(code, 2);
    assert.match(err, /a run has its file and its values: leave (?:--parameter|azure-pipelines\.yml) out/);
  }
  const json = await call(regions, ['explain', '--run', '1', '--at', 'Train_eu/Train/publish', '--json']);
  assert.equal(JSON.parse(json.out).outcome, 'Skipped');
  const missing = await call(regions, ['explain', '--run', '2']);
  assert.equal(missing.code, 1);
});
