import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { silentLog } from '../../kernel/log.ts';
import type { EnvironmentBuilder, Workspace } from '../types.ts';
import type { CommandRun, ExecuteDeps } from './command-run.ts';
import { environmentOf, letGo } from './run-environment.ts';

function scene(t: TestContext, environments: EnvironmentBuilder, properties: Record<string, unknown>) {
  const root = mkdtempSync(join(tmpdir(), 'run-environment-'));
  t.after(() => rmSync(root, { recursive: true }));
  const phases: string[] = [];
  const deps = {
    blobs: { pathOf: (_account: string, _container: string, blob: string) => join(root, blob) },
    versions: { fromRegistry: async () => undefined, find: async () => ({ name: 'own', version: '1', properties }) },
    data: { localPath: async (_workspace: Workspace, uri: string) => join('/local', uri) },
    environments,
    log: silentLog,
  } as unknown as ExecuteDeps;
  const run = {
    workspace: { id: 'w', name: 'ws', storageAccount: 'a' },
    plan: { runId: 'r', launchId: 'launch', work: { environment: 'azureml:own:1', nodes: 1 } },
    phase: (status: string) => phases.push(status),
  } as unknown as CommandRun;
  const logs = ['azureml-logs/20_image_build_log.txt', 'user_logs/std_log.txt'].map((name) =>
    join(root, 'ExperimentRun/dcid.r', name),
  );
  return { deps, run, logs, phases };
}

const never = new AbortController().signal;

test('a build is told in its own log and in the run’s while it goes on', async (t) => {
  let end: () => void = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const asked: unknown[] = [];
  const { deps, run, logs, phases } = scene(
    t,
    {
      async ensure(request, log, _signal, user) {
        asked.push(request, user);
        log('fetching packages');
        await ended;
        log('built');
        return { binFolder: '/env/bin', env: {}, warnings: [] };
      },
      release: async () => {},
    },
    { image: 'ubuntu', condaFile: 'dependencies: []' },
  );
  const building = environmentOf(deps, run, never);
  for (let look = 0; !logs.every((file) => existsSync(file)); look++) {
    assert.ok(look < 500, 'both logs have their first line');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.deepEqual(phases, ['Preparing']);
  end();
  assert.equal((await building).binFolder, '/env/bin');
  for (const file of logs) assert.equal(readFileSync(file, 'utf8'), 'fetching packages\nbuilt\n');
  assert.deepEqual(asked, [{ name: 'own', version: '1', image: 'ubuntu', condaFile: 'dependencies: []' }, 'launch']);
});

test('a build context is handed over by its folder; one in git by its address; what the launch held is let go', async (t) => {
  const asked: unknown[] = [];
  const builder: EnvironmentBuilder = {
    async ensure(request) {
      asked.push(request.build);
      return { env: {}, warnings: [] };
    },
    release: async (user) => void asked.push(user),
  };
  const { deps, run, logs } = scene(t, builder, { build: { contextUri: 'context/' } });
  await environmentOf(deps, run, never);
  await letGo(deps, run);
  assert.deepEqual(asked, [{ folder: '/local/context/', dockerfile: 'Dockerfile' }, 'launch']);
  assert.ok(!logs.some((file) => existsSync(file)));
  const git = scene(t, builder, { build: { contextUri: 'https://github.com/some/repository.git#main:docker' } });
  await environmentOf(git.deps, git.run, never);
  assert.deepEqual(asked.at(-1), {
    git: { url: 'https://github.com/some/repository.git', reference: 'main', folder: 'docker' },
    dockerfile: 'Dockerfile',
  });
  const bad = scene(t, builder, { build: { contextUri: 'file:///etc' } });
  await assert.rejects(environmentOf(bad.deps, bad.run, never), /'file:\/\/\/etc' cannot be used/);
});
