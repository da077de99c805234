import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import test from 'node:test';
import { fakeClock } from '../../kernel/clock.ts';
import { silentLog } from '../../kernel/log.ts';
import { gpusOf, type MachineLoad, memoryOf, networkOf, readMachineLoad } from './machine-load.ts';
import { createSystemMetrics, systemMetrics } from './system-metrics.ts';

const load = (n: number): MachineLoad => ({
  cpu: { busy: n * 300, all: n * 1000 },
  memory: { used: 2e9, total: 8e9 },
  disk: { used: 3e9, available: 1e9 },
  network: { received: n * 5e6, sent: n * 1e6 },
  gpus: [],
});
const settle = async () => {
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
};

test('a running run is sampled every ten seconds under mlflow’s names, and no more once it has ended', async () => {
  const clock = fakeClock(0);
  let reads = 0;
  const logged: [string, string, number, number][] = [];
  const metrics = createSystemMetrics({
    clock,
    log: silentLog,
    read: async () => load(reads++),
    async record(_workspace, run, points) {
      for (const point of points) logged.push([run, point.key, point.step, point.value]);
    },
  });
  const stop = metrics.watch('w', 'a');
  await settle();
  clock.advance(9_999);
  await settle();
  assert.deepEqual(logged, [], 'a short run is left alone');
  clock.advance(1);
  await settle();
  clock.advance(10_000);
  await settle();
  const of = (key: string) => logged.filter((one) => one[1] === `system/${key}`);
  assert.deepEqual(of('cpu_utilization_percentage'), [
    ['a', 'system/cpu_utilization_percentage', 0, 30],
    ['a', 'system/cpu_utilization_percentage', 1, 30],
  ]);
  assert.deepEqual(
    of('network_receive_megabytes').map((one) => one[3]),
    [5, 10],
  );
  assert.deepEqual(
    of('system_memory_usage_percentage').map((one) => one[3]),
    [25, 25],
  );
  assert.deepEqual(
    of('disk_usage_percentage').map((one) => one[3]),
    [75, 75],
  );
  const before = reads;
  stop();
  clock.advance(60_000);
  await settle();
  assert.equal(reads, before, 'nothing is read when nothing runs');
});

test('what a graphics card does not tell is left out', () => {
  const gpus = gpusOf('0, 41, 1024, 16384, 70.5, 300.0\n1, [N/A], 0, 16384, [N/A], [N/A]\n');
  const found = systemMetrics(load(0), load(0), { ...load(1), gpus });
  assert.equal(found['gpu_0_utilization_percentage'], 41);
  assert.equal(found['gpu_0_memory_usage_percentage'], 6.25);
  assert.equal(found['gpu_0_power_usage_percentage'], 23.5);
  assert.equal(found['gpu_1_memory_usage_megabytes'], 0);
  assert.ok(!('gpu_1_utilization_percentage' in found) && !('gpu_1_power_usage_watts' in found));
});

test('the system’s own texts are read', async () => {
  assert.deepEqual(memoryOf('MemTotal:  1000 kB\nMemFree: 1 kB\nMemAvailable:    400 kB\n'), {
    used: 614_400,
    total: 1_024_000,
  });
  assert.equal(memoryOf('nothing'), undefined);
  const table =
    'Inter-|   Receive  |  Transmit\n face |bytes |bytes\n    lo: 100 1 0 0 0 0 0 0 100 1 0 0 0 0 0 0\n  eth0: 50 1 0 0 0 0 0 0 7 1 0 0 0 0 0 0\n';
  assert.deepEqual(networkOf(table), { received: 150, sent: 107 });
  const now = await readMachineLoad(tmpdir());
  assert.ok(now.cpu.all > 0 && now.memory.used > 0 && now.memory.total > now.memory.used && now.disk.available > 0);
});
