import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '../index.ts';
import { judgeTrigger, type TriggerEvent } from './judge.ts';
import { readTriggers } from './read-triggers.ts';

async function judge(text: string, event: TriggerEvent) {
  const files = { read: async () => undefined };
  const { finalData, diagnostics } = await compile({ file: '/a.yml', text: `${text}\nsteps:\n- bash: a\n`, files });
  assert.deepEqual(diagnostics, []);
  return judgeTrigger(readTriggers(finalData), event);
}

const push = (branch: string, ...changed: string[]): TriggerEvent => ({
  kind: 'push',
  ref: `refs/heads/${branch}`,
  ...(changed.length > 0 ? { changed } : {}),
});
const tag = (name: string): TriggerEvent => ({ kind: 'push', ref: `refs/tags/${name}` });
const pull = (target: string, draft = false, ...changed: string[]): TriggerEvent => ({
  kind: 'pull-request',
  target: `refs/heads/${target}`,
  draft,
  ...(changed.length > 0 ? { changed } : {}),
});

test('pushes', async () => {
  for (const [text, event, runs, reason] of [
    ['name: x', push('any'), true, /no trigger is written, so every branch counts/],
    ['name: x', tag('v1'), false, /tags start a run only where they are named/],
    ['trigger: none', push('main'), false, /trigger: none/],
    ['trigger: [none]', push('main'), false, /no pattern includes it/],
    ['trigger: [none]', push('none'), true, /included by 'none'/],
    ['trigger: [main, releases/*]', push('releases/1'), true, /included by 'releases\/\*'/],
    ['trigger: [main]', tag('main'), false, /names no tags/],
    ['trigger: {branches: {exclude: [x/*]}}', push('y'), true, /not excluded counts/],
    ['trigger: {branches: {exclude: [x/*]}}', push('x/1'), false, /excluded by 'x\/\*'/],
    ['trigger: {branches: [refs/tags/v*]}', tag('v1'), true, /included by 'refs\/tags\/v\*'/],
    ['trigger: {branches: [refs/tags/v*]}', push('v1'), false, /no pattern includes it/],
    ['trigger: {tags: {include: [v*], exclude: [v0*]}}', tag('v1'), true, /included by 'v\*'/],
    ['trigger: {tags: {include: [v*], exclude: [v0*]}}', tag('v0.1'), false, /excluded by 'v0\*'/],
    ['trigger: {tags: [v*]}', push('main'), false, /names tags only/],
    ['trigger: {branches: [main], tags: [v*]}', push('main'), true, /included by 'main'/],
    ['trigger: {branches: [main], tags: [v*]}', tag('v1'), true, /included by 'v\*'/],
    ['trigger: {paths: [src]}', push('any', 'src/a'), true, /path src\/a: included by 'src'/],
    ['trigger: {paths: [src]}', push('any', 'b'), false, /path b: no pattern includes it/],
    ['trigger: {paths: [src]}', push('any', 'b', 'src/a'), true, /path b: no pattern/],
    ['trigger: {paths: {exclude: [docs]}}', push('any', 'docs/a'), false, /excluded by 'docs'/],
    ['trigger: {paths: [src]}', push('any'), true, /it depends on what changed \(include src\)/],
    ['trigger: {batch: true}', push('any'), true, /pushes wait and become one run/],
  ] as const) {
    const verdict = await judge(text, event);
    assert.equal(verdict.runs, runs, text);
    assert.ok(
      verdict.reasons.some((one) => reason.test(one.text)),
      `${text}: ${JSON.stringify(verdict.reasons)}`,
    );
  }
});

test('a commit may ask for no run', async () => {
  const verdict = await judge('name: x', { kind: 'push', ref: 'refs/heads/a', message: 'Fix it [Skip CI]' });
  assert.deepEqual(
    [verdict.runs, verdict.reasons.at(-1)?.text],
    [false, 'the message of the newest commit holds [skip ci]'],
  );
});

test('pull requests', async () => {
  for (const [text, event, runs] of [
    ['name: x', pull('any'), true],
    ['pr: none', pull('main'), false],
    ['pr: [main]', pull('main'), true],
    ['pr: [main]', pull('other'), false],
    ['pr: {drafts: false}', pull('main', true), false],
    ['pr: {drafts: false}', pull('main'), true],
    ['pr: {branches: [main], paths: {exclude: ["*.md"]}}', pull('main', false, 'a.md'), false],
    ['pr: {branches: [main], paths: {exclude: ["*.md"]}}', pull('main', false, 'a.md', 'b'), true],
  ] as const)
    assert.equal((await judge(text, event)).runs, runs, text);
});

test('schedules: one that fits the branch and the minute is enough', async () => {
  const text = `schedules:
- cron: 0 6 * * *
  displayName: Daily
  branches: [main]
- cron: 30 6 * * *
  branches: {exclude: [main]}
  always: true
- cron: 0 0 31 2 *
- cron: often`;
  const on = (branch: string, time: string): TriggerEvent => ({
    kind: 'schedule',
    branch: `refs/heads/${branch}`,
    at: Date.parse(`2026-03-01T${time}Z`),
  });
  assert.equal((await judge(text, on('main', '06:00'))).runs, true);
  assert.equal((await judge(text, on('dev', '06:00'))).runs, false);
  assert.equal((await judge(text, on('main', '06:30'))).runs, false);
  assert.equal((await judge(text, on('dev', '06:30'))).runs, true);
  const said = (await judge(text, on('main', '07:00'))).reasons.map((one) => one.text).join('\n');
  assert.match(
    said,
    /'0 6 \* \* \*' \(Daily\) does not start at 2026-03-01 07:00 UTC; it comes next at 2026-03-02 06:00 UTC/,
  );
  assert.match(said, /'0 0 31 2 \*' does not start at .*; it never comes/);
  assert.match(said, /'often' cannot be read: 'often' has 1 fields instead of five/);
  assert.equal((await judge('name: x', on('main', '06:00'))).runs, false);
});

test('the end of another pipeline’s run: branch, all tags and all stages', async () => {
  const resource = (trigger: string) => `resources:\n  pipelines:\n  - pipeline: lib\n    source: L\n${trigger}`;
  const done = (branch: string, tags: string[] = [], stages: string[] = []): TriggerEvent => ({
    kind: 'completion',
    alias: 'LIB',
    branch: `refs/heads/${branch}`,
    tags,
    stages,
  });
  for (const [trigger, event, runs] of [
    ['', done('main'), false],
    ['    trigger: none', done('main'), false],
    ['    trigger: true', done('main'), true],
    ['    trigger: {branches: [main]}', done('main'), true],
    ['    trigger: {branches: {exclude: [main]}}', done('main'), false],
    ['    trigger: {tags: [a, b]}', done('main', ['a']), false],
    ['    trigger: {tags: [a, b]}', done('main', ['b', 'a']), true],
    ['    trigger: {stages: [Test]}', done('main', [], ['test']), true],
    ['    trigger: {stages: [Test]}', done('main', [], ['Build']), false],
    ['    trigger: {enabled: false}', done('main'), false],
  ] as const)
    assert.equal((await judge(resource(trigger), event)).runs, runs, trigger);
  const unknown = await judge(resource(''), { ...done('main'), alias: 'x' } as TriggerEvent);
  assert.match(unknown.reasons[0]?.text ?? '', /no 'x' \(it has: lib\)/);
});
