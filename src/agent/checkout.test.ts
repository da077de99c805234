import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { JobRepository, JobStep } from '../contracts/agent.ts';
import { newGuid } from '../kernel/ids.ts';
import { bashStep, jobOf } from './fake-server.ts';
import { CHECKOUT_TASK } from './task-loader.ts';
import { runTestJob } from './test-agent.ts';

const root = mkdtempSync(join(tmpdir(), 'millrace-checkout-'));
after(() => rmSync(root, { recursive: true, force: true }));

const git = (cwd: string, ...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@b', '-c', 'init.defaultBranch=main', ...args], {
    cwd,
    encoding: 'utf8',
  }).trim();

function makeRepository(name: string): string {
  const folder = join(root, name);
  mkdirSync(join(folder, 'sub'), { recursive: true });
  git(folder, 'init', '-q');
  writeFileSync(join(folder, 'kept.txt'), 'committed\n');
  writeFileSync(join(folder, 'changed.txt'), 'committed\n');
  writeFileSync(join(folder, 'deleted.txt'), 'committed\n');
  writeFileSync(join(folder, 'sub', 'run.sh'), '#!/bin/sh\necho ran\n');
  chmodSync(join(folder, 'sub', 'run.sh'), 0o755);
  symlinkSync('kept.txt', join(folder, 'link'));
  writeFileSync(join(folder, '.gitignore'), 'ignored*\n');
  git(folder, 'add', '.');
  git(folder, 'commit', '-qm', 'first');
  return folder;
}

function checkout(more: Partial<JobStep['inputs']> = {}, name = 'checkout'): JobStep {
  return bashStep(name, '', {
    reference: { id: CHECKOUT_TASK, name: 'Checkout', version: '1.0.0' },
    inputs: { repository: 'self', ...more } as JobStep['inputs'],
  });
}

function repository(url: string, source: JobRepository['properties']['source'], alias = 'self'): JobRepository {
  return {
    alias,
    id: newGuid(),
    type: 'Git',
    properties: {
      name: alias === 'self' ? 'project' : alias,
      url,
      ref: 'refs/heads/main',
      version: git(url, 'rev-parse', 'HEAD'),
      source,
    },
  };
}

test('the working tree is copied as it is on disk, with a repository that shows its changes', async () => {
  const folder = makeRepository('tree');
  writeFileSync(join(folder, 'changed.txt'), 'on disk\n');
  rmSync(join(folder, 'deleted.txt'));
  writeFileSync(join(folder, 'new.txt'), 'untracked\n');
  writeFileSync(join(folder, 'ignored.txt'), 'no\n');
  const look = bashStep(
    'look',
    'cat changed.txt new.txt link; ls; sub/run.sh; git status --porcelain; git log --oneline -1 --format=%s; git rev-parse HEAD; git rev-parse origin/main; echo touched > changed.txt; git commit -qam x || true',
    {
      environment: {
        GIT_AUTHOR_NAME: 'A',
        GIT_AUTHOR_EMAIL: 'a@b',
        GIT_COMMITTER_NAME: 'A',
        GIT_COMMITTER_EMAIL: 'a@b',
      },
    },
  );
  const before = git(folder, 'rev-parse', 'HEAD');
  const job = jobOf([checkout(), look], {
    resources: { endpoints: [], repositories: [repository(folder, 'working-tree')] },
  });
  const { event, server } = await runTestJob(job);
  const text = server.logOf(look.id);
  assert.equal(event.result, 'succeeded', server.logOf(job.jobId).join('\n'));
  for (const line of [
    'on disk',
    'untracked',
    'committed',
    'ran',
    ' M changed.txt',
    ' D deleted.txt',
    '?? new.txt',
    'first',
    before,
  ]) {
    assert.ok(text.includes(line), `${line}\n${text.join('\n')}`);
  }
  for (const line of ['deleted.txt', 'ignored.txt']) assert.ok(!text.includes(line), line);
  // What a step commits stays in the copy.
  assert.equal(git(folder, 'rev-parse', 'HEAD'), before);
  assert.equal(git(folder, 'status', '--porcelain').split('\n').length, 3);
});

test('a second checkout brings only changes, and removes what is gone; outputs of steps stay', async () => {
  const folder = makeRepository('again');
  const script = 'ls; cat changed.txt';
  const look = bashStep('look', `${script}; echo made > output.bin; echo spoiled > kept.txt`);
  const again = checkout({}, 'again');
  const lookAgain = bashStep('lookAgain', `${script}; cat kept.txt`);
  const job = jobOf(
    [
      checkout({ path: 's' }),
      look,
      bashStep('edit', `cd '${folder}' && rm deleted.txt && echo newer > changed.txt`),
      { ...again, inputs: { repository: 'self', path: 's' } },
      lookAgain,
    ],
    {
      resources: { endpoints: [], repositories: [repository(folder, 'working-tree')] },
    },
  );
  const { event, server } = await runTestJob(job);
  assert.equal(event.result, 'succeeded', server.logOf(job.jobId).join('\n'));
  const text = server.logOf(lookAgain.id);
  for (const line of ['newer', 'output.bin', 'committed']) assert.ok(text.includes(line), line);
  assert.ok(!text.includes('deleted.txt'));
  assert.ok(
    server.logOf(again.id).some((line) => line.includes('2 files copied') && line.includes('1 removed')),
    server.logOf(again.id).join('\n'),
  );
});

test('the committed state is fetched by git and checked out detached', async () => {
  const folder = makeRepository('commit');
  writeFileSync(join(folder, 'changed.txt'), 'on disk\n');
  const look = bashStep('look', 'cat changed.txt; git status --porcelain; git rev-parse --abbrev-ref HEAD');
  const job = jobOf([checkout(), look], { resources: { endpoints: [], repositories: [repository(folder, 'commit')] } });
  const { event, server } = await runTestJob(job);
  assert.equal(event.result, 'succeeded', server.logOf(job.jobId).join('\n'));
  const text = server.logOf(look.id);
  assert.ok(text.includes('committed') && text.includes('HEAD') && !text.includes('on disk'));
});

test('several checkouts get a folder each, one checkout elsewhere moves the sources, and a path stays inside', async () => {
  const one = makeRepository('one');
  const two = makeRepository('two');
  const repositories = [repository(one, 'working-tree'), repository(two, 'working-tree', 'other')];
  const look = bashStep('look', 'echo "$BUILD_SOURCESDIRECTORY" | sed "s|.*/||"; ls; ls other');
  const several = jobOf([checkout(), checkout({ repository: 'other' }, 'second'), look], {
    resources: { endpoints: [], repositories },
  });
  const first = await runTestJob(several);
  assert.equal(first.event.result, 'succeeded');
  const text = first.server.logOf(look.id);
  for (const line of ['s', 'project', 'other', 'kept.txt']) assert.ok(text.includes(line), line);

  const away = bashStep('away', 'echo "$BUILD_SOURCESDIRECTORY"; ls $(Build.SourcesDirectory)');
  const moved = await runTestJob(
    jobOf([checkout({ path: 'src/here' }), away], { resources: { endpoints: [], repositories } }),
  );
  assert.ok(moved.server.logOf(away.id).some((line) => line.endsWith('/1/src/here')));

  const outside = await runTestJob(
    jobOf([checkout({ path: '../../x' })], { resources: { endpoints: [], repositories } }),
  );
  assert.equal(outside.event.result, 'failed');
});

test('a folder without git is copied whole', async () => {
  const folder = join(root, 'plain');
  mkdirSync(join(folder, 'deep'), { recursive: true });
  writeFileSync(join(folder, 'deep', 'file'), 'plain file\n');
  const look = bashStep('look', 'cat deep/file');
  const job = jobOf([checkout(), look], {
    resources: {
      endpoints: [],
      repositories: [
        {
          alias: 'self',
          id: '1',
          type: 'Git',
          properties: { name: 'plain', url: folder, ref: '', version: '', source: 'working-tree' },
        },
      ],
    },
  });
  const { event, server } = await runTestJob(job);
  assert.equal(event.result, 'succeeded', server.logOf(job.jobId).join('\n'));
  assert.ok(server.logOf(look.id).includes('plain file'));
});
