// `npm run bench`: every figure as a ratio against a peer or a limit measured in the same run; medians of warm rounds.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { bashSteps } from './bash-steps.ts';
import { coldRun } from './cold-run.ts';
import { coldValidate } from './cold-validate.ts';
import { type Row, table } from './measure.ts';
import { metricLogging } from './metric-logging.ts';
import { otherOrchestrators } from './orchestrators.ts';
import { NODES, pythonComponents } from './python-components.ts';
import { queueToFirstStep } from './queue-to-first-step.ts';
import { realNodes } from './real-nodes.ts';
import { startServer } from './server.ts';

const checkout = resolve(import.meta.dirname, '../bin/millrace');
const only = process.argv.slice(2);
const wanted = (name: string) => only.length === 0 || only.includes(name);
const rows: Row[] = [];
const add = (row: Row) => {
  rows.push(row);
  console.error(`${row.what}: ${row.ours.toFixed(1)} ms, ${(row.ours / row.theirs).toFixed(2)}×`);
};

const place = mkdtempSync(join(tmpdir(), 'millrace-package-'));
const packed = installPackage(place);
if (wanted('cold')) {
  add(coldRun(packed, process.execPath, 7, '`run` of a hello-world pipeline, cold, packed', 10));
  add(coldRun(checkout, process.execPath, 5, '`run` of a hello-world pipeline, cold, from a checkout'));
}
if (wanted('validate')) add(coldValidate(packed, process.execPath, 15));
const server = await startServer(packed);
try {
  if (wanted('steps')) add(await bashSteps(server, 7));
  if (wanted('queue')) add(await queueToFirstStep(server, 15));
  if (wanted('components') || wanted('orchestrators')) {
    const row = await pythonComponents(server, packed, 3);
    add(row);
    if (wanted('orchestrators')) for (const other of otherOrchestrators(NODES, row.ours)) add(other);
  }
  if (wanted('real-nodes')) add(await realNodes(server, packed));
  if (wanted('metrics')) for (const row of await metricLogging(server, packed, 7)) add(row);
} finally {
  await server.stop();
  rmSync(place, { recursive: true, force: true });
}
// Last, and loaded only now: a process with their code and heap in it takes ten times as long to start another one, and the bare sides above are started from here.
if (wanted('language')) {
  const { compileLongPipeline, expandJobs } = await import('./language.ts');
  for (const row of await compileLongPipeline(15)) add(row);
  for (const row of await expandJobs(5)) add(row);
}
if (wanted('pipeline-nodes')) {
  const { pipelineNodes } = await import('./pipeline-nodes.ts');
  for (const row of await pipelineNodes(3)) add(row);
}
console.log(
  `\n${cpus()[0]?.model ?? 'unknown processor'} × ${cpus().length}, Node ${process.version}\n\n${table(rows)}`,
);

function installPackage(folder: string): string {
  const run = (command: string, args: string[]) => {
    const done = spawnSync(command, args, { encoding: 'utf8' });
    if (done.status !== 0) throw new Error(`${command} ${args.join(' ')}: ${done.stderr}`);
  };
  run('npm', ['pack', '--silent', '--pack-destination', folder]);
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) as string;
  run('npm', ['install', '--silent', '--global', '--prefix', join(folder, 'prefix'), join(folder, tarball)]);
  return join(folder, 'prefix/bin/millrace');
}
