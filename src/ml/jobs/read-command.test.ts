import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCommand } from './read-command.ts';

const job = (distribution: object) => ({ command: 'true', environmentId: 'azureml:e:1', distribution });

test('a Ray cluster of its own address: with its port, or the one beside it, or Ray’s own', () => {
  const addressOf = (more: object) => {
    const { distribution } = readCommand(job({ distributionType: 'Ray', ...more }), {}, 'c');
    return distribution?.kind === 'ray' ? distribution.address : 'not ray';
  };
  assert.equal(addressOf({}), undefined);
  assert.equal(addressOf({ address: '10.0.0.4:7000', port: 7001 }), '10.0.0.4:7000');
  assert.equal(addressOf({ address: 'head.example', port: 7001 }), 'head.example:7001');
  assert.equal(addressOf({ address: '[fe80::1]' }), '[fe80::1]:6379');
  for (const address of ['ray://head:10001', '$(reboot)', 'a b'])
    assert.throws(() => addressOf({ address }), /of a Ray head is not of the form HOST or HOST:PORT/);
});
