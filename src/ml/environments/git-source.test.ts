import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type GitContext, readGitContext } from '../git-context.ts';
import { openRepository } from './git-scene.ts';
import { createGitSource } from './git-source.ts';

async function repository(t: TestContext, password?: string) {
  const opened = await openRepository(t, password);
  const { root, host } = opened;
  const folder = join(root, 'contexts');
  const lines: string[] = [];
  const env = { PATH: process.env['PATH'], HOME: root, GIT_DIR: '/nowhere' };
  const job = { log: (line: string) => lines.push(line), signal: new AbortController().signal };
  const context = (fragment: string, user = '') =>
    readGitContext(`http://${user}${host}/repo.git${fragment}`) as GitContext;
  const fetch = async (fragment: string, limits: { limit?: number; timeout?: number } = {}) => {
    const source = createGitSource({ folder, env, ...limits });
    const one = context(fragment);
    const id = await source.commitOf('own', one, job);
    return source.fetched('own', one, id, job, async (there) =>
      readdirSync(there, { recursive: true }).map(String).sort(),
    );
  };
  return { ...opened, context, folder, lines, job, fetch, source: createGitSource({ folder, env }) };
}

const leftIn = (folder: string) => readdirSync(folder).filter((name) => name !== 'commits');

test('a branch, a tag, a commit and the repository’s own branch name their commits', async (t) => {
  const { source, context, first, job, git, commit, work } = await repository(t);
  git('tag', '--annotate', 'v1', '--message', 'text');
  git('branch', 'feature/main');
  writeFileSync(join(work, 'docker/Dockerfile'), 'FROM two\n');
  const second = commit('two');
  const of = (fragment: string) => source.commitOf('own', context(fragment), job);
  assert.equal(await of(''), second);
  assert.equal(await of('#main'), second);
  assert.equal(await of('#refs/heads/main'), second);
  assert.equal(await of('#v1'), first);
  assert.equal(await of('#feature/main'), first);
  assert.equal(await of(`#${first.toUpperCase()}`), first);
  for (const none of ['nowhere', first.slice(0, 8)])
    await assert.rejects(of(`#${none}`), /has no branch or tag '\w+' \(a commit is named by all of its digits\)/);
});

test('the folder of a commit is there while it is used, without the repository’s own, and then gone', async (t) => {
  const { fetch, folder, first, lines, commit, work, source, context, job } = await repository(t);
  assert.deepEqual(await fetch('#main:docker'), ['Dockerfile', 'files', 'files/start.sh']);
  assert.deepEqual(await fetch('').then((files) => files.slice(0, 2)), ['docker', 'docker/Dockerfile']);
  assert.deepEqual(leftIn(folder), []);
  assert.match(lines[0] as string, /^fetching the build context from http:\/\/127\.0\.0\.1:\d+\/repo\.git, commit /);
  writeFileSync(join(work, 'docker/Dockerfile'), 'FROM two\n');
  commit('two');
  const read = (there: string) => Promise.resolve(readFileSync(join(there, 'Dockerfile'), 'utf8'));
  assert.equal(await source.fetched('own', context('#:docker'), first, job, read), 'FROM one\n');
  await assert.rejects(
    source.fetched('own', context(''), first, job, () => Promise.reject(new Error('no'))),
    /^Error: no$/,
  );
  assert.deepEqual(leftIn(folder), []);
});

test('what is not there, too large or late is refused, and leaves nothing', async (t) => {
  const { fetch, folder, work, commit } = await repository(t);
  await assert.rejects(fetch('#main:nowhere'), /'own' cannot be had from http:.*no folder 'nowhere'/);
  await assert.rejects(fetch('#main:large.bin'), /'large\.bin' is no folder/);
  // Its packed form is small: what its files come to is known before they are written.
  await assert.rejects(fetch('', { limit: 200_000 }), /larger than 0 MiB.*Name the folder of its Dockerfile/s);
  assert.deepEqual(await fetch('#:docker', { limit: 200_000 }), ['Dockerfile', 'files', 'files/start.sh']);
  const noise = Buffer.from(Array.from({ length: 400_000 }, () => Math.floor(Math.random() * 256)));
  writeFileSync(join(work, 'noise.bin'), noise);
  commit('noise');
  await assert.rejects(fetch('#:docker', { limit: 200_000 }), /the repository is larger than is fetched here/);
  await assert.rejects(fetch('', { timeout: 1 }), /fetching took longer than/);
  assert.deepEqual(leftIn(folder), []);
});

test('submodules are not fetched, which is said; links stay links', async (t) => {
  const { fetch, git, commit, lines, work } = await repository(t);
  execFileSync('ln', ['-s', '/etc/passwd', join(work, 'docker/link')]);
  git('submodule', 'add', '--quiet', work, 'docker/other');
  commit('with another');
  const files = await fetch('#:docker');
  assert.ok(files.includes('link'));
  assert.ok(!files.includes('other/docker'));
  assert.ok(lines.includes('left out: docker/other is a submodule, which is not fetched'), lines.join('\n'));
});

test('a password goes to the repository in a header, and is said nowhere', async (t) => {
  const { source, context, job, lines, asked, folder } = await repository(t, 'secret-word');
  const own = context('#main:docker', 'me:secret-word@');
  const commit = await source.commitOf('own', own, job);
  assert.ok(await source.fetched('own', own, commit, job, async (there) => existsSync(join(there, 'Dockerfile'))));
  assert.ok(asked.every((header) => header !== undefined));
  for (const user of ['', 'me:wrong-word@'])
    await assert.rejects(source.commitOf('own', context('#main', user), job), (error: Error) => {
      assert.match(error.message, /git ended with exit code 128.*wants credentials: set up a credential helper/s);
      assert.doesNotMatch(error.message, /-word/);
      return true;
    });
  assert.doesNotMatch(lines.join('\n'), /-word|Basic/);
  assert.deepEqual(leftIn(folder), []);
});

test('while a repository cannot be reached the commit that it had last is taken, and that is said', async (t) => {
  const { source, context, job, lines, first, close, git } = await repository(t);
  git('branch', 'other');
  assert.equal(await source.commitOf('own', context('#main'), job), first);
  await close();
  assert.equal(await source.commitOf('own', context('#main'), job), first);
  assert.match(lines.at(-1) as string, new RegExp(`cannot be reached: the commit that it had last is taken, ${first}`));
  await assert.rejects(source.commitOf('own', context('#other'), job), /Check the network/);
});

test('a repository that does not answer, and a machine without git', async (t) => {
  const { job, folder, source } = await repository(t);
  await assert.rejects(
    source.commitOf('own', { url: 'http://127.0.0.1:1/x.git', folder: '.' }, job),
    /127\.0\.0\.1:1.*Check the network, and the proxy/s,
  );
  await assert.rejects(
    source.commitOf('own', { url: 'file:///etc', folder: '.' }, job),
    /transport 'file' not allowed/,
  );
  const bin = join(folder, '../bin');
  mkdirSync(bin);
  execFileSync('ln', ['-s', '/bin/sh', join(bin, 'sh')]);
  const without = createGitSource({ folder, env: { PATH: bin } });
  await assert.rejects(without.commitOf('own', { url: 'http://127.0.0.1:1/x.git', folder: '.' }, job), /Install git/);
});
