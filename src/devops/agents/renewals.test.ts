import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openStore, type Store } from '../../store/index.ts';
import { type DevopsTables, devopsMigrations } from '../tables.ts';
import { acknowledge, claim, enqueue } from './queue.ts';
import { createRenewals } from './renewals.ts';

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second));

async function claimed() {
  const store: Store<DevopsTables> = await openStore(':memory:', devopsMigrations);
  const job = { poolId: 1, runId: 1, planId: 'plan', jobId: 'job', at: at(0).toISOString() };
  const session = { id: 's', poolId: 1, agentName: 'a' };
  const given = await store.write(async (writer) => {
    await enqueue(writer, job);
    const one = await claim(writer, session, at(0), 30);
    if (one) await acknowledge(writer, 's', one.messageId, at(0), 30);
    return one;
  });
  assert.ok(given);
  return { store, id: given.request.id, token: given.lockToken };
}

test('while nothing can be stored, a renewal holds in the process; only for whoever has the claim', async () => {
  const { store, id, token } = await claimed();
  let full = true;
  const write: typeof store.write = (work) =>
    full ? Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' })) : store.write(work);
  const renewals = createRenewals({ ...store, write });
  assert.equal(await renewals.renew(id, token, at(20), 30), at(50).toISOString());
  assert.equal(renewals.holds(id, at(40).toISOString()), true);
  assert.equal(renewals.holds(id, at(50).toISOString()), false);
  await assert.rejects(renewals.renew(id, 'another', at(20), 30), /full/);

  await renewals.renew(id, token, at(20), 30);
  full = false;
  assert.equal(await renewals.renew(id, token, at(45), 30), at(75).toISOString());
  assert.equal(renewals.holds(id, at(46).toISOString()), false, 'what is stored speaks for itself');
  await store.close();
});
