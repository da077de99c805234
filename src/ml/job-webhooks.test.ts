import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { OutboundRequest } from '../http/index.ts';
import { WS } from './arm-scene.ts';
import { closeScenes, command, openLocalScene } from './local-scene.ts';

after(closeScenes);

describe('webhooks', () => {
  const hook = {
    WebhookType: 'AzureDevOps',
    EventType: 'RunTerminated',
    PlanUri: 'http://127.0.0.1:1/millrace/',
    ProjectId: 'p1',
    HubName: 'Build',
    PlanId: 'plan1',
    JobId: 'job1',
    TimelineId: 'tl1',
    TaskInstanceId: 'task1',
    AuthToken: 'very-secret-token',
  };
  const patch = { Properties: { NotificationSetting: { Webhooks: { ADO_Webhook_tl1: hook } } } };

  test('a webhook is called at the end, again until it is taken; its token is never shown nor stored in clear', async () => {
    const s = await openLocalScene();
    const flag = join(s.root, 'go');
    await s.put('jobs/w', command(`while [ ! -e ${flag} ]; do sleep 0.02; done; exit 1`));
    const answer = await s.send('PATCH', `${WS}/jobs/w`, patch);
    assert.equal(answer.status, 200, answer.text);
    assert.ok(!answer.text.includes('very-secret-token'));
    assert.match(answer.text, /ADO_Webhook_tl1/);
    s.answer(503);
    writeFileSync(flag, '');
    await s.end('w');
    while (s.calls.length < 2) await s.nextCall();
    const call = s.calls[1] as OutboundRequest;
    assert.equal(
      call.url,
      'http://127.0.0.1:1/millrace/p1/_apis/distributedtask/hubs/Build/plans/plan1/events?api-version=2.0-preview.1',
    );
    assert.deepEqual(JSON.parse(call.body as string), {
      name: 'TaskCompleted',
      taskId: 'task1',
      jobId: 'job1',
      result: 'failed',
    });
    assert.equal(call.headers?.['authorization'], `Basic ${Buffer.from(':very-secret-token').toString('base64')}`);
    const files = readdirSync(s.root).filter((name) => name.startsWith('db.sqlite'));
    for (const name of files) assert.ok(!readFileSync(join(s.root, name)).includes('very-secret-token'), name);
  });

  test('a job that is put again, its answer lost, has its webhooks and runs once', async () => {
    const s = await openLocalScene();
    const again = { ...command('echo once'), notificationSetting: { webhooks: { wait: hook } } };
    const call = s.nextCall();
    await s.put('jobs/twice', command('echo once'));
    assert.equal((await s.end('twice')).status, 'Completed');
    assert.equal((await s.send('PUT', `${WS}/jobs/twice`, { properties: again })).status, 200);
    await call;
    assert.equal(s.calls.length, 1);
  });

  test('a webhook that comes after the end is called at once; one with the job itself is kept out of its document', async () => {
    const s = await openLocalScene();
    await s.put('jobs/done', command('true', { notificationSetting: { webhooks: { first: hook } } }));
    await s.end('done');
    while (s.calls.length < 1) await s.nextCall();
    const told = s.nextCall();
    assert.equal((await s.send('PATCH', `${WS}/jobs/done`, patch)).status, 200);
    if (s.calls.length < 2) await told;
    assert.equal(JSON.parse(s.calls[1]?.body as string).result, 'succeeded');
    assert.ok(!(await s.send('GET', `${WS}/jobs/done`)).text.includes('very-secret-token'));
    for (const name of readdirSync(s.root).filter((file) => file.startsWith('db.sqlite')))
      assert.ok(!readFileSync(join(s.root, name)).includes('very-secret-token'), name);
  });
});
