import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeClock } from '../../kernel/clock.ts';
import { conflict } from '../../kernel/errors.ts';
import { silentLog } from '../../kernel/log.ts';
import { openStore, type Store } from '../../store/index.ts';
import { type MlTables, mlMigrations } from '../tables.ts';
import { nextFire } from './next-fire.ts';
import { createScheduleRows } from './schedule-rows.ts';
import { createScheduler } from './scheduler.ts';
import { readTrigger } from './trigger.ts';

const START = Date.UTC(2026, 2, 28, 22, 0, 0);
const MINUTE = 60_000;
const SEEDS = Number(process.env['MILLRACE_SIMULATIONS'] ?? 6);
const STEPS = 25;

/** Numbers between 0 and 1 that a seed determines. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

class Dead extends Error {}

/** A process that dies at its `left`-th write, before the write or after it; from then on nothing of it does anything. */
function mortal(left: number, after: boolean) {
  const life = { left, dead: false };
  const check = () => {
    if (life.dead) throw new Dead();
  };
  const write = async <T>(work: () => Promise<T>): Promise<T> => {
    check();
    life.left -= 1;
    if (life.left > 0) return work();
    if (after) await work();
    life.dead = true;
    throw new Dead();
  };
  return { life, check, write };
}

const TRIGGERS = [
  { triggerType: 'Cron', expression: '* * * * *' },
  { triggerType: 'Cron', expression: '*/7 * * * *', timeZone: 'W. Europe Standard Time' },
  { triggerType: 'Recurrence', frequency: 'minute', interval: 3 },
  { triggerType: 'Cron', expression: '15,45 1-3 * * *', timeZone: 'W. Europe Standard Time' },
  { triggerType: 'Recurrence', frequency: 'day', interval: 1, schedule: { hours: [23, 0], minutes: [10] } },
];

/**
 * Lives through a night with a server that dies between any two writes and is started again after a while.
 * @returns how many jobs began, and how many times it died
 */
async function simulate(store: Store<MlTables>, seed: number): Promise<{ begun: number; deaths: number }> {
  const random = randomOf(seed);
  const below = (most: number) => Math.floor(random() * most);
  const clock = fakeClock(START);
  await store.write(async (writer) => {
    await writer.deleteFrom('ml_schedules').execute();
    await writer.deleteFrom('ml_schedule_firings').execute();
  });
  /** Jobs that are committed: what a server leaves. */
  const jobs = new Map<string, string>();
  let deaths = 0;

  const start = () => {
    const { life, check, write } = mortal(below(3) === 0 ? Number.POSITIVE_INFINITY : 1 + below(12), random() < 0.5);
    const own: Store<MlTables> = {
      get read() {
        check();
        return store.read;
      },
      write: (work) => write(() => store.write(work)),
      close: async () => {},
    };
    const scheduler = createScheduler({
      rows: createScheduleRows({ store: own, clock }),
      clock,
      log: silentLog,
      workspace: async (id) => ({ id }) as never,
      job: async () => undefined,
      async submit(_workspace, name, properties) {
        if (jobs.has(name)) throw conflict('It is there.');
        await write(async () => jobs.set(name, String(properties['displayName'])));
      },
    });
    return { life, scheduler, start: () => scheduler.start().catch(() => {}) };
  };

  const triggers = TRIGGERS.map((trigger, index) => ({
    name: `s${index}`,
    trigger: readTrigger(trigger),
    body: trigger,
  }));
  const setUp = createScheduler({
    rows: createScheduleRows({ store, clock }),
    clock,
    log: silentLog,
    workspace: async (id) => ({ id }) as never,
    job: async () => undefined,
    submit: async () => assert.fail('nothing begins while there is no server'),
  });
  for (const { name, body } of triggers)
    await setUp.put({
      workspaceId: 'w',
      name,
      properties: { trigger: body, action: { actionType: 'CreateJob', jobDefinition: { jobType: 'Command' } } },
      enabled: true,
      createdAt: new Date(START).toISOString(),
      createdBy: 'test',
    });

  /** Until when every time has been judged. */
  const judged = new Map(triggers.map(({ name }) => [name, START - 1]));
  let server = start();
  await server.start();
  for (let step = 0; step < STEPS; step += 1) {
    if (!server.life.dead) {
      clock.advance(below(4) === 0 ? below(9 * MINUTE) : below(MINUTE));
      server.scheduler.changed();
      await server.scheduler.start();
    }
    if (server.life.dead) {
      deaths += 1;
      await server.scheduler.stop();
      clock.advance(below(3) === 0 ? below(20 * MINUTE) : below(MINUTE));
      server = start();
      await server.start();
    }
    const counts = new Map<string, number>();
    for (const shown of jobs.values()) counts.set(shown, (counts.get(shown) ?? 0) + 1);
    for (const [shown, count] of counts) assert.equal(count, 1, `seed ${seed}: ${shown} began ${count} times`);
    if (server.life.dead) continue;
    // A server that looked and lived has begun every time of the last minute.
    const now = clock.now().getTime();
    for (const { name, trigger } of triggers) {
      let time = nextFire(trigger, Math.max(judged.get(name) ?? 0, now - MINUTE - 1), START);
      for (; time !== undefined && time <= now; time = nextFire(trigger, time, START)) {
        const shown = `${name}-${new Date(time).toISOString().replace(/[-:]|\.\d+/g, '')}`;
        assert.ok(counts.has(shown), `seed ${seed}: ${shown} did not begin by ${new Date(now).toISOString()}`);
      }
      judged.set(name, now);
    }
  }
  // What began stands at a time of its schedule.
  for (const shown of jobs.values()) {
    const [, name = '', stamp = ''] = /^(s\d)-(.*)$/.exec(shown) ?? [];
    const time = Date.parse(stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
    const trigger = triggers.find((one) => one.name === name)?.trigger;
    assert.ok(trigger && nextFire(trigger, time - 1, START) === time, `seed ${seed}: ${shown} is no time of ${name}`);
  }
  server.life.dead = true;
  await server.scheduler.stop();
  return { begun: jobs.size, deaths };
}

test(`a time begins one job however often the server dies (${SEEDS} seeds)`, async () => {
  const store: Store<MlTables> = await openStore(':memory:', mlMigrations);
  let [begun, deaths] = [0, 0];
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const result = await simulate(store, seed);
    begun += result.begun;
    deaths += result.deaths;
  }
  await store.close();
  assert.ok(begun > SEEDS && deaths > SEEDS, `${begun} jobs began, ${deaths} deaths`);
});
