import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkSameJob } from './same-job.ts';

const command = { jobType: 'Command', command: 'python a.py', codeId: '/subscriptions/S/codes/c/versions/1' };

test('a job that does something else under the name of another is refused by what differs', () => {
  const refused = (stored: object, sent: object, property: string) =>
    assert.throws(
      () => checkSameJob(stored as never, sent as never),
      new RegExp(`A job with this name already exists\\..* the existing job's ${property} cannot be changed\\.`),
    );
  refused(command, { ...command, command: 'python b.py' }, 'Command');
  refused(command, { ...command, codeId: '/subscriptions/s/codes/d/versions/1' }, 'CodeId');
  refused(command, { jobType: 'Pipeline', jobs: {} }, 'JobType');
  const sweep = { jobType: 'Sweep', trial: { command: 'a' } };
  refused(sweep, { jobType: 'Sweep', trial: { command: 'b' } }, 'Command');
  refused({ jobType: 'Pipeline', jobs: { a: {} } }, { jobType: 'Pipeline', jobs: { a: {}, b: {} } }, 'Jobs');
});

test('the same job again, what its client made of it, and what only describes it are taken', () => {
  for (const sent of [
    command,
    { ...command, codeId: '/subscriptions/s/codes/C/versions/1', command: 'python a.py\n', tags: { a: 'b' } },
    { tags: { a: 'b' } },
    { jobType: 'command', command: null, isArchived: true },
  ])
    checkSameJob(command, sent as never);
  checkSameJob({ jobType: 'Pipeline', jobs: { a: {}, b: {} } }, { jobType: 'Pipeline', jobs: { b: { x: 1 }, a: {} } });
});
