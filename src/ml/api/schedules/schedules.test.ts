import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { type FakeClock, fakeClock } from '../../../kernel/clock.ts';
import { type ArmScene, openArmScene, WS } from '../../arm-scene.ts';

const open: ArmScene[] = [];
after(async () => {
  for (const scene of open) await scene.close();
});

const START = Date.UTC(2026, 4, 4, 5, 0, 30);
const MINUTE = 60_000;

async function scene(clock: FakeClock, root?: string): Promise<ArmScene> {
  const made = await openArmScene({ clock, ...(root === undefined ? {} : { root }) });
  open.push(made);
  return made;
}

const command = (more: object = {}) => ({
  jobType: 'Command',
  command: 'true',
  environmentId: 'azureml:AzureML-sklearn-1.5@latest',
  computeId: `${WS}/computes/cpu`,
  ...more,
});

const schedule = (trigger: object, definition: object = command(), more: object = {}) => ({
  trigger,
  action: { actionType: 'CreateJob', jobDefinition: definition },
  ...more,
});

const cron = (expression: string, more: object = {}) => ({ triggerType: 'Cron', expression, ...more });

// biome-ignore lint/suspicious/noExplicitAny: jobs are read in every shape
type Job = any;

/** The jobs that a schedule has begun, in the order of their times. */
async function jobsOf(s: ArmScene, name: string): Promise<Job[]> {
  const jobs = await s.all(`${WS}/jobs?scheduleId=${name}`);
  return jobs.sort((a: Job, b: Job) => a.properties.displayName.localeCompare(b.properties.displayName));
}

/** Moves the clock, a minute at a time, and lets what is due be done. */
async function pass(s: ArmScene, clock: FakeClock, minutes: number): Promise<void> {
  for (let minute = 0; minute < minutes; minute += 1) {
    clock.advance(MINUTE);
    // Any request that the scheduler answers comes after what it was doing.
    await s.delete(`${WS}/schedules/none`);
    await settled(s);
  }
}

/** Waits until no schedule has a time that has come and no job is owed. */
async function settled(s: ArmScene): Promise<void> {
  for (let look = 0; look < 5000; look += 1) {
    const owed = await s.store.read.selectFrom('ml_schedule_firings').select('job').execute();
    const due = await s.store.read
      .selectFrom('ml_schedules')
      .select('name')
      .where('enabled', '=', 1)
      .where('next_fire', '<=', s.clock.now().getTime())
      .execute();
    if (owed.length + due.length === 0) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error('the schedules do not settle');
}

describe('schedules', () => {
  test('a cron begins a job at each of its times, called after the schedule and the time', async () => {
    const clock = fakeClock(START);
    const s = await scene(clock);
    const made = await s.put(
      `${WS}/schedules/nightly`,
      schedule(
        cron('*/10 * * * *'),
        command({ inputs: { when: { jobInputType: 'literal', value: 'at ${{creation_context.trigger_time}}' } } }),
      ),
    );
    assert.equal(made.status, 201);
    const operation = new URL(String(made.headers['azure-asyncoperation']));
    assert.equal((await s.ask('arm', 'GET', operation.pathname)).body.status, 'Succeeded');
    assert.deepEqual([made.body.properties.isEnabled, made.body.properties.provisioningState], [true, 'Succeeded']);
    assert.deepEqual(await jobsOf(s, 'nightly'), []);
    await pass(s, clock, 20);
    const jobs = await jobsOf(s, 'nightly');
    assert.deepEqual(
      jobs.map((job) => job.properties.displayName),
      ['nightly-20260504T051000Z', 'nightly-20260504T052000Z'],
    );
    assert.match(jobs[0].name, /^nightly-[0-9a-f-]{36}$/);
    assert.equal(jobs[0].properties.inputs.when.value, 'at 2026-05-04T05:10:00Z');
    assert.deepEqual(
      [jobs[0].properties.experimentName, jobs[0].properties.properties['azureml.scheduleTriggerTime']],
      ['nightly', '2026-05-04T05:10:00Z'],
    );
    assert.equal((await s.all(`${WS}/jobs?scheduled=true`)).length, 2);
    assert.equal((await s.all(`${WS}/jobs?scheduled=false`)).length, 0);
  });

  test('a recurrence without a start begins at once; with an end it ends', async () => {
    const clock = fakeClock(START);
    const s = await scene(clock);
    const trigger = { triggerType: 'Recurrence', frequency: 'minute', interval: 2, endTime: '2026-05-04T05:04:30' };
    await s.put(`${WS}/schedules/soon`, schedule(trigger));
    await settled(s);
    assert.deepEqual(
      (await jobsOf(s, 'soon')).map((job) => job.properties.displayName),
      ['soon-20260504T050030Z'],
    );
    await pass(s, clock, 10);
    assert.deepEqual(
      (await jobsOf(s, 'soon')).map((job) => job.properties.displayName),
      ['soon-20260504T050030Z', 'soon-20260504T050230Z', 'soon-20260504T050430Z'],
    );
  });

  test('disabled it begins nothing, enabled it goes on; it is deleted when it is disabled, its jobs stay', async () => {
    const clock = fakeClock(START);
    const s = await scene(clock);
    const url = `${WS}/schedules/paused`;
    await s.put(url, schedule(cron('* * * * *')));
    await pass(s, clock, 1);
    const read = (await s.get(url)).body.properties;
    await s.put(url, { ...read, isEnabled: false });
    await pass(s, clock, 3);
    assert.equal((await jobsOf(s, 'paused')).length, 1);
    assert.deepEqual(await s.all(`${WS}/schedules`), []);
    assert.equal((await s.all(`${WS}/schedules?listViewType=DisabledOnly`)).length, 1);
    await s.put(url, { ...read, isEnabled: true });
    await pass(s, clock, 1);
    assert.equal((await jobsOf(s, 'paused')).length, 2);
    const refused = await s.delete(url);
    assert.deepEqual([refused.status, refused.body.error.code], [409, 'UserError']);
    await s.put(url, { ...read, isEnabled: false });
    assert.equal((await s.delete(url)).status, 200);
    assert.equal((await s.delete(url)).status, 204);
    const gone = await s.get(url);
    assert.deepEqual([gone.status, gone.body.error.code], [404, 'UserError']);
    assert.equal((await jobsOf(s, 'paused')).length, 2);
  });

  test('an existing job is begun again with other inputs and settings', async () => {
    const clock = fakeClock(START);
    const s = await scene(clock);
    const literal = (value: string) => ({ jobInputType: 'literal', value });
    await s.put(
      `${WS}/jobs/first`,
      command({ inputs: { when: literal('then'), kept: literal('k') }, tags: { a: 'b' } }),
    );
    const definition = {
      jobType: 'Command',
      sourceJobId: `${WS}/jobs/first`,
      experimentName: '',
      inputs: { when: literal('now') },
      settings: {},
    };
    await s.put(`${WS}/schedules/again`, schedule(cron('1 * * * *'), definition));
    await pass(s, clock, 1);
    const [job] = await jobsOf(s, 'again');
    assert.deepEqual(
      [
        job.properties.inputs.when.value,
        job.properties.inputs.kept.value,
        job.properties.tags,
        job.properties.experimentName,
      ],
      ['now', 'k', { a: 'b' }, 'again'],
    );
    const missing = await s.put(
      `${WS}/schedules/none`,
      schedule(cron('* * * * *'), { ...definition, sourceJobId: `${WS}/jobs/nobody` }),
    );
    assert.equal(missing.status, 404);
    assert.match(JSON.stringify(missing.body.error), /JobNotFound/);
  });

  test('a pipeline is begun, with its output named by the job', async () => {
    const clock = fakeClock(START);
    const s = await scene(clock);
    await s.put(`${WS}/components/c/versions/1`, {
      componentSpec: {
        name: 'c',
        version: '1',
        type: 'command',
        command: 'x ${{outputs.o}}',
        environment: 'azureml:AzureML-sklearn-1.5@latest',
        outputs: { o: { type: 'uri_folder' } },
      },
    });
    const definition = {
      jobType: 'Pipeline',
      settings: { default_compute: `${WS}/computes/cpu` },
      outputs: { o: { jobOutputType: 'uri_folder', uri: 'azureml://datastores/workspaceblobstore/paths/${{name}}/o' } },
      jobs: {
        a: {
          name: 'a',
          type: 'command',
          componentId: `${WS}/components/c/versions/1`,
          outputs: { o: { type: 'literal', value: '${{parent.outputs.o}}' } },
        },
      },
    };
    await s.put(`${WS}/schedules/pipe`, schedule(cron('* * * * *'), definition));
    await pass(s, clock, 1);
    const [job] = await jobsOf(s, 'pipe');
    assert.equal(job.properties.jobType, 'Pipeline');
    assert.equal(job.properties.outputs.o.uri, `azureml://datastores/workspaceblobstore/paths/${job.name}/o`);
  });

  test('a job that cannot begin is told at the schedule, and the next one that can clears it', async () => {
    const clock = fakeClock(START);
    const s = await scene(clock);
    const url = `${WS}/schedules/broken`;
    const input = (uri: string) => command({ inputs: { when: { jobInputType: 'uri_folder', uri } } });
    await s.put(url, schedule(cron('* * * * *'), input('azureml:nothing:1')));
    await pass(s, clock, 1);
    assert.deepEqual(await jobsOf(s, 'broken'), []);
    const { properties } = (await s.get(url)).body;
    assert.match(
      properties.properties['millrace.lastFault'],
      /^2026-05-04T05:01:00Z: There is no data or model 'azureml:nothing:1'/,
    );
    await s.put(`${WS}/data/nothing/versions/1`, {
      dataType: 'uri_folder',
      dataUri: 'azureml://datastores/workspaceblobstore/paths/x',
    });
    await pass(s, clock, 1);
    assert.equal((await jobsOf(s, 'broken')).length, 1);
    assert.equal((await s.get(url)).body.properties.properties['millrace.lastFault'], undefined);
  });

  test('begun by hand it begins one job for the time that was asked for', async () => {
    const clock = fakeClock(START);
    const s = await scene(clock);
    await s.put(`${WS}/schedules/hand`, schedule(cron('0 0 * * 0'), command(), { isEnabled: false }));
    const { status, body } = await s.post(`${WS}/schedules/hand/trigger`, { scheduleTime: '2026-01-02T03:04:05' });
    assert.equal(status, 200);
    assert.equal(body.scheduleActionType, 'CreateJob');
    const [job] = await jobsOf(s, 'hand');
    assert.deepEqual([job.name, job.properties.displayName], [body.submissionId, 'hand-20260102T030405Z']);
    assert.equal((await s.post(`${WS}/schedules/hand/trigger`, { scheduleTime: 'noon' })).status, 400);
  });

  test('what cannot be done is refused before it is kept', async () => {
    const s = await scene(fakeClock(START));
    const url = `${WS}/schedules/bad`;
    const target = async (properties: object) => {
      const { status, body } = await s.put(url, properties);
      return [status, body.error.target ?? body.error.code];
    };
    assert.deepEqual(await target(schedule(cron('* * *'))), [400, 'expression']);
    assert.deepEqual(await target({ trigger: cron('* * * * *'), action: { actionType: 'Dance' } }), [
      400,
      'actionType',
    ]);
    assert.deepEqual(await target(schedule(cron('* * * * *'), {})), [400, 'jobDefinition']);
    const monitor = { trigger: cron('* * * * *'), action: { actionType: 'CreateMonitor' } };
    assert.deepEqual(await target(monitor), [400, 'monitorDefinition']);
    assert.equal((await s.get(url)).status, 404);
  });
});

describe('actions that are not built', () => {
  for (const [actionType, key, said] of [
    ['CreateMonitor', 'monitorDefinition', 'schedules that create monitors'],
    ['ImportData', 'dataImportDefinition', 'schedules that import data'],
    ['InvokeBatchEndpoint', 'endpointInvocationDefinition', 'schedules that invoke batch endpoints'],
  ] as const)
    test(`${actionType} is kept as it was sent, and fails at each of its times`, async () => {
      const clock = fakeClock(START);
      const s = await scene(clock);
      const url = `${WS}/schedules/kept`;
      const action = { actionType, [key]: { name: 'x', Deep: { Key: [1, null] } } };
      const made = await s.put(url, { trigger: cron('* * * * *'), action });
      assert.equal(made.status, 201);
      assert.deepEqual(made.body.properties.action, action);
      assert.deepEqual(made.body.properties.properties, {});
      await pass(s, clock, 1);
      assert.deepEqual(await jobsOf(s, 'kept'), []);
      const fault = (at: string) => `2026-05-04T${at}:00Z: not implemented: ${said}`;
      const shown = (await s.get(url)).body.properties;
      assert.equal(shown.properties['millrace.lastFault'], fault('05:01'));
      assert.deepEqual(shown.action, action);
      const byHand = await s.post(`${url}/trigger`, {});
      assert.deepEqual([byHand.status, byHand.body.error.message], [501, `not implemented: ${said}`]);
      // As clients disable: the whole schedule comes back.
      assert.equal((await s.put(url, { ...shown, isEnabled: false })).body.properties.isEnabled, false);
      await pass(s, clock, 2);
      assert.equal((await s.get(url)).body.properties.properties['millrace.lastFault'], undefined);
      assert.equal((await s.put(url, { ...shown, isEnabled: true })).body.properties.isEnabled, true);
      await pass(s, clock, 1);
      assert.equal((await s.get(url)).body.properties.properties['millrace.lastFault'], fault('05:04'));
      assert.equal((await s.all(`${WS}/schedules`)).length, 1);
    });
});

describe('a clock that jumps', () => {
  /** A clock that can be set, as that of a machine that was asleep: its timers know nothing of it. */
  const settable = () => {
    const awake = fakeClock(START);
    let asleep = 0;
    const clock: FakeClock = { ...awake, now: () => new Date(awake.now().getTime() + asleep) };
    return { clock, jump: (milliseconds: number) => (asleep += milliseconds) };
  };
  const names = async (s: ArmScene, name: string) =>
    (await jobsOf(s, name)).map((job: Job) => job.properties.displayName);

  test('a time that comes while the machine wakes up begins its job, not hours later', async () => {
    const { clock, jump } = settable();
    const s = await scene(clock);
    await s.put(`${WS}/schedules/morning`, schedule(cron('0 9 * * *')));
    jump(4 * 60 * MINUTE - 60_000);
    // Nobody asks the server for anything meanwhile.
    clock.advance(MINUTE);
    await settled(s);
    assert.deepEqual(await names(s, 'morning'), ['morning-20260504T090000Z']);
  });

  test('a clock that is set back begins nothing twice', async () => {
    const { clock, jump } = settable();
    const s = await scene(clock);
    await s.put(`${WS}/schedules/steady`, schedule(cron('*/5 * * * *')));
    await pass(s, clock, 6);
    jump(-6 * MINUTE);
    await pass(s, clock, 6);
    assert.deepEqual(await names(s, 'steady'), ['steady-20260504T050500Z']);
    await pass(s, clock, 5);
    assert.deepEqual(await names(s, 'steady'), ['steady-20260504T050500Z', 'steady-20260504T051000Z']);
  });
});

describe('a server that goes and comes', () => {
  test('times that went by are not made good; those to come are', async () => {
    const clock = fakeClock(START);
    const first = await scene(clock);
    await first.put(`${WS}/schedules/steady`, schedule(cron('*/5 * * * *')));
    await first.stop();
    open.splice(open.indexOf(first), 1);
    clock.advance((3 * 60 + 2) * MINUTE);
    const second = await scene(clock, first.root);
    assert.deepEqual(await jobsOf(second, 'steady'), []);
    await pass(second, clock, 5);
    assert.deepEqual(
      (await jobsOf(second, 'steady')).map((job) => job.properties.displayName),
      ['steady-20260504T080500Z'],
    );
  });

  test('a time within the minute before is made good; a job that was owed is begun once', async () => {
    const clock = fakeClock(START);
    const first = await scene(clock);
    await first.put(`${WS}/schedules/steady`, schedule(cron('1 * * * *')));
    await first.stop();
    open.splice(open.indexOf(first), 1);
    clock.advance(40_000);
    const second = await scene(clock, first.root);
    const begun = await jobsOf(second, 'steady');
    assert.deepEqual(
      begun.map((job) => job.properties.displayName),
      ['steady-20260504T050100Z'],
    );
    // As if the server had died after the job was submitted and before that was written down.
    const { workspaceId } = (await second.get(WS)).body.properties;
    await second.store.write((writer) =>
      writer
        .insertInto('ml_schedule_firings')
        .values({ workspace_id: workspaceId, schedule: 'steady', job: begun[0].name, at: '2026-05-04T05:01:00.000Z' })
        .execute(),
    );
    await second.stop();
    open.splice(open.indexOf(second), 1);
    const third = await scene(clock, first.root);
    await settled(third);
    assert.equal((await jobsOf(third, 'steady')).length, 1);
  });
});
