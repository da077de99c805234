import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fakeClock, systemClock } from '../kernel/clock.ts';
import { type Connection, ServerRefusal } from './connection.ts';
import { rehearse, rehearseWhenIdle } from './rehearsal.ts';
import { builtInTasks } from './test-agent.ts';

const options = (workFolder: string) => ({
  agentName: 'a',
  agentVersion: '1',
  workFolder,
  homeFolder: workFolder,
  tasks: { find: () => undefined, load: async () => undefined },
  env: {},
  clock: systemClock,
  connection: audience(),
  poolId: 7,
});

/** A connection that notes what is sent. @param answer may refuse it */
function audience(heard: string[] = [], answer = async () => ({ status: 204, text: '', tries: 1 })): Connection {
  return {
    url: () => 'http://localhost/millrace',
    token: () => 'token',
    async send(request) {
      heard.push(`${request.method} ${request.path} ${request.token ?? ''}`);
      request.onSent?.();
      return answer();
    },
    close() {},
  };
}

test('a rehearsal goes through a whole job and leaves nothing behind', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-rehearsal-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const going = rehearse(options(folder));
  // The job's folders are made before its first pause.
  assert.ok(existsSync(join(folder, '_rehearsal', '_temp')));
  await going;
  assert.deepEqual(readdirSync(folder), []);
});

test('its steps are those of the built-in task for scripts, so that the way through one is gone', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-rehearsal-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const tasks = builtInTasks();
  const ends: string[] = [];
  await rehearse({
    ...options(folder),
    env: process.env,
    tasks: {
      find: tasks.find,
      async load(id, major) {
        const task = await tasks.load(id, major);
        return (
          task && {
            async run(of) {
              const end = await task.run(of);
              ends.push(end.result);
              return end;
            },
          }
        );
      },
    },
  });
  assert.ok(ends.length > 1);
  assert.deepEqual([...new Set(ends)], ['succeeded']);
});

test('all that it tells goes where nothing is kept, with the token of the agent', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-rehearsal-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const heard: string[] = [];
  await rehearse({ ...options(folder), connection: audience(heard) });
  assert.ok(heard.length > 3);
  assert.deepEqual([...new Set(heard)], ['POST /_apis/distributedtask/pools/7/rehearsals?api-version=7.1 ']);
});

test('a rehearsal ends when it is called off, and when the server refuses it', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-rehearsal-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const called = new AbortController();
  const tasks = builtInTasks();
  let steps = 0;
  await rehearse(
    {
      ...options(folder),
      env: process.env,
      tasks: {
        find: tasks.find,
        async load(id, major) {
          steps += 1;
          called.abort();
          return tasks.load(id, major);
        },
      },
    },
    called,
  );
  assert.equal(steps, 1);
  const refused = audience([], async () => {
    throw new ServerRefusal(404, 'POST', 'no such address');
  });
  await rehearse({ ...options(folder), connection: refused });
  assert.deepEqual(readdirSync(folder), []);
});

test('an agent that can not rehearse says nothing, and one that is called off does not begin', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-rehearsal-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'file');
  writeFileSync(file, '');
  await rehearse(options(file));
  const clock = fakeClock();
  const callOff = rehearseWhenIdle({ ...options(folder), clock });
  callOff();
  clock.advance(60_000);
  assert.deepEqual(readdirSync(folder), ['file']);
});
