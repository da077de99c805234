import { isTerminal } from '../../src/ml/jobs/job-status.ts';
import type { PlanDeps } from '../../src/ml/jobs/job-type.ts';
import type { RunPlan, RunState } from '../../src/ml/jobs/plan.ts';
import { hasNamedOutputs } from '../../src/ml/jobs/register-outputs.ts';
import { outputOf } from '../../src/ml/jobs/run-values.ts';
import { pipelineJob } from '../../src/ml/jobtypes/pipeline/pipeline-job.ts';
import type { AssetVersions } from '../../src/ml/versions.ts';
import { openAssets } from './assets.ts';
import { type DefinedPipeline, drawPipeline } from './definition.ts';
import { behave, type Expected, expect } from './expected.ts';
import { type Random, randomOf } from './random.ts';
import { DATA, type Pending, type Server, startServer, WORKSPACE } from './server.ts';
import { commandComponents, wireCommand, wireOf } from './wire.ts';
import { emptyWorld, end, finish, saidBy, storedRuns, type World, write } from './world.ts';

const START = Date.UTC(2026, 0, 1);
/** Steps after which a schedule that has not ended never will. */
const MOST_STEPS = 20_000;

export type Simulated = { readonly runs: number; readonly steps: number; readonly crashes: number };

type Job = {
  readonly name: string;
  readonly definition: DefinedPipeline;
  readonly goesOn: boolean;
  /** Whether somebody asked it, or a run of it, to end. */
  canceled: boolean;
  /** Whether its cancellation was answered: then it must come to be. */
  promised: boolean;
};

/**
 * One schedule: a pipeline or two drawn from the seed, run by servers that are killed between any two writes, canceled at any moment, with
 * writes that fail and machines that are taken away.
 * @throws Error that names what broke
 */
export async function simulate(seed: number): Promise<Simulated> {
  const random = randomOf(seed);
  let time = START;
  const now = () => new Date(time);
  const world = emptyWorld(await openAssets(now));
  const jobs = await submit(world, random);
  let server: Server | undefined = startServer(world, now);
  for (const job of jobs) server.open(job.name, false);
  let crashes = 0;
  let steps = 0;
  // Most schedules are calm at the end: what was left by trouble must come to its end without more of it.
  const troubled = random.once(5) ? 0 : 20 + random.below(150);
  for (; world.ended.size < jobs.length; steps += 1) {
    if (steps > MOST_STEPS) throw new Error(`it does not end: ${statusesOf(world)}`);
    await new Promise(setImmediate);
    time += 1;
    const calm = steps > troubled;
    if (!server) {
      // Processes end while no server is there, too.
      if (random.once(2)) finishOne(world, random);
      if (calm || random.once(2)) {
        server = startServer(world, now);
        for (const job of jobs) if (!world.ended.has(job.name)) server.open(job.name, true);
      }
      continue;
    }
    const choice = random.below(calm ? 60 : 100);
    const { pending } = server;
    if (choice < 60) {
      const one = nextOf(pending, random);
      if (one === undefined) finishOne(world, random);
      else if (!calm && one.fail && random.once(15)) one.fail();
      else await one.happen();
    } else if (choice < 80) finishOne(world, random);
    else if (choice < 84) {
      // Killed between two writes, or after one that it never heard of.
      if (random.once(2)) await nextOf(pending, random)?.unheard?.();
      server = undefined;
      crashes += 1;
      for (const one of world.launches.values()) one.waiting = [];
    } else if (choice < 85) cancel(server, random.pick(jobs), random);
    else if (choice < 86) {
      const running = [...world.launches.values()].filter((one) => one.state === 'running');
      if (running.length > 0) end(random.pick(running), 'taken');
    }
  }
  await check(world, jobs);
  return { runs: world.rows.size, steps, crashes };
}

/** Takes one of the things that a server waits for; the store writes in the order in which it was asked. */
function nextOf(pending: Pending[], random: Random): Pending | undefined {
  const drawn = random.below(pending.length + 1);
  const index = pending[drawn]?.kind === 'commit' ? pending.findIndex(({ kind }) => kind === 'commit') : drawn;
  return pending.splice(index, 1)[0];
}

async function submit(world: World, random: Random): Promise<Job[]> {
  const definition = drawPipeline(random, 2);
  const goesOn = !random.once(4);
  const isDeterministic = !random.once(3);
  const components: Record<string, Record<string, unknown>> = commandComponents(
    (name) => isDeterministic || name === 'make',
  );
  const framed = random.once(3);
  const jobs = {
    ...wireOf(definition, components),
    ...(framed ? { first: standalone('first'), last: standalone('last') } : {}),
  };
  const properties = {
    jobType: 'Pipeline',
    jobs,
    settings: { continue_on_step_failure: goesOn, ...(framed ? { on_init: 'first', on_finalize: 'last' } : {}) },
    outputs: definition.made === undefined ? {} : { made: { jobOutputType: 'uri_folder' } },
  };
  const made: Job[] = [];
  // The same twice, at the same time: each may take over what the other has made.
  for (const name of random.once(3) ? ['one', 'two'] : ['one']) {
    const request = {
      workspace: WORKSPACE,
      name,
      properties,
      apiVersion: '2024-04-01',
      now: new Date(START).toISOString(),
    };
    const plan = await pipelineJob.plan(planDeps(components), request);
    const added = plan.runs.map((run, index) => ({
      plan: run,
      state: { status: index === 0 ? 'Preparing' : 'NotStarted' } as RunState,
    }));
    await write(world, name, { added, states: new Map(), position: 0, reusable: new Map(), named: [] });
    made.push({ name, definition, goesOn, canceled: false, promised: false });
  }
  return made;
}

/** A node that reads nothing of others, and that completes. */
function standalone(name: string): Record<string, unknown> {
  let word = name;
  while (!behave('make', { word })) word += '.';
  return wireCommand('make', { word: { kind: 'text', text: word } });
}

function planDeps(components: Readonly<Record<string, Record<string, unknown>>>): PlanDeps {
  const versions = {
    find: async (_workspace: string, kind: string, name: string, version: string) =>
      kind === 'components' && components[name]
        ? { name, version, properties: { componentSpec: components[name] }, createdAt: '' }
        : undefined,
  } as unknown as AssetVersions;
  return { versions, data: DATA, defaultDatastore: async () => 'd', compute: async (name) => name, jobTypes: [] };
}

function finishOne(world: World, random: Random): void {
  const running = [...world.launches.values()].filter((one) => one.state === 'running');
  if (running.length > 0) finish(world, random.pick(running));
}

function cancel(server: Server, job: Job, random: Random): void {
  const active = server.jobs.get(job.name);
  if (!active) return;
  const all = [...active.runs.keys()];
  const target = random.once(3) ? random.pick(all) : (all[0] as string);
  if (isTerminal(active.runs.get(target)?.state.status ?? 'Completed')) return;
  job.canceled = true;
  active.post({ kind: 'cancel', runId: target });
  if (target === all[0])
    void active.settled().then(
      () => {
        // Not when it had ended by itself before its turn came.
        const status = active.runs.get(target)?.state.status;
        job.promised ||= status === 'CancelRequested' || status === 'Canceled';
      },
      () => {
        // Who asked was told that it could not be kept.
      },
    );
}

function statusesOf(world: World): string {
  const statuses = [...world.rows.values()].map(
    ({ plan, state, job }) => `${job}/${plan.nodeKey ?? ''} ${state.status}`,
  );
  return statuses.join(', ');
}

/** What must hold when everything has ended. */
async function check(world: World, jobs: readonly Job[]): Promise<void> {
  const faults = [...world.faults];
  const completions = new Map<string, number>();
  for (const one of world.launches.values()) {
    if (!one.heard) faults.push(`a process of ${one.plan.nodeKey} was forgotten: nobody waited for its end`);
    if (one.state !== 'succeeded' && one.state !== 'failed') continue;
    completions.set(one.plan.runId, (completions.get(one.plan.runId) ?? 0) + 1);
  }
  for (const [runId, count] of completions) if (count > 1) faults.push(`${runId} ran to its end ${count} times`);
  for (const job of jobs) checkJob(world, job, faults);
  faults.push(...unlikeAssets(world, await world.assets.places()));
  if (faults.length > 0) throw new Error(faults.slice(0, 5).join('\n'));
}

/** What is wrong with the assets: of each named output of a run that completed there is one version, where the data lies. */
function* unlikeAssets(world: World, places: ReadonlyMap<string, readonly string[]>): Generator<string> {
  const wanted = new Map<string, string[]>();
  const started = new Map<string, number>();
  for (const { plan, state } of world.rows.values()) {
    if (!hasNamedOutputs(plan)) continue;
    for (const [name, { assetName = '' }] of Object.entries(plan.outputs)) {
      if (assetName === '') continue;
      started.set(assetName, (started.get(assetName) ?? 0) + 1);
      const value = outputOf({ plan, state }, name);
      if (value?.kind === 'asset') wanted.set(assetName, [...(wanted.get(assetName) ?? []), value.uri]);
    }
  }
  for (const [name, uris] of wanted) {
    const rest = [...(places.get(name) ?? [])];
    for (const uri of uris) {
      const at = rest.indexOf(uri);
      if (at < 0) yield `no version of '${name}' is at ${uri}, which a run completed`;
      else rest.splice(at, 1);
    }
  }
  // One may have made its asset in the moment in which it was canceled.
  for (const [name, uris] of places)
    if (uris.length > (started.get(name) ?? 0))
      yield `'${name}' has ${uris.length} versions, of ${started.get(name) ?? 0} outputs`;
}

function checkJob(world: World, job: Job, faults: string[]): void {
  const expected = new Map<string, Expected>();
  const whole = expect(job.definition, {}, '', expected);
  const runs = storedRuns(world, job.name);
  const root = runs[0]?.state.status;
  const paths = pathsOf(runs.map(({ plan }) => plan));
  for (const { plan, state } of runs) {
    const path = paths.get(plan.runId) as string;
    const wanted = expected.get(path);
    const where = `${job.name}${path}`;
    if (!isTerminal(state.status)) faults.push(`${where} is ${state.status}: it was lost`);
    if (path === '') continue;
    if (plan.atEnd && !job.canceled && state.status !== 'Completed')
      faults.push(`${where} is ${state.status}, though it comes after the others however they end`);
    for (const one of world.launches.values()) {
      if (one.plan.runId !== plan.runId || !wanted?.inputs) continue;
      const read = JSON.stringify(Object.entries(one.read).sort());
      if (read !== JSON.stringify(Object.entries(wanted.inputs).sort()))
        faults.push(`${where} read ${JSON.stringify(one.read)} instead of ${JSON.stringify(wanted.inputs)}`);
    }
    if (state.status === 'Completed' && wanted && wanted.ending !== 'unsure')
      for (const [name, text] of Object.entries(wanted.outputs)) {
        const value = outputOf({ plan, state }, name);
        const said = value && saidBy(world, value);
        if (said !== text) faults.push(`${where}: the output '${name}' is '${said}' instead of '${text}'`);
      }
    if (job.canceled || !job.goesOn || !wanted || wanted.ending === 'unsure') continue;
    const ending = state.status === 'Canceled' ? (state.skipped ? 'skipped' : 'canceled') : state.status.toLowerCase();
    if (ending !== wanted.ending) faults.push(`${where} is ${ending} instead of ${wanted.ending}`);
  }
  if (job.promised && root !== 'Canceled') faults.push(`${job.name} was canceled, and is ${root}`);
  if (!job.canceled && root?.toLowerCase() !== whole.ending)
    faults.push(`${job.name} is ${root} instead of ${whole.ending}`);
  if (!job.canceled && job.goesOn) {
    const seen = new Set(paths.values());
    for (const path of expected.keys()) if (!seen.has(path)) faults.push(`${job.name}${path} was never planned`);
  }
}

/** Where each run stands: `/n1` for a node, `/n1/#0` for an iteration. */
function pathsOf(plans: readonly RunPlan[]): Map<string, string> {
  const paths = new Map<string, string>();
  const kinds = new Map(plans.map((plan) => [plan.runId, plan.work.kind]));
  const counts = new Map<string, number>();
  for (const plan of plans) {
    if (plan.parent === undefined) {
      paths.set(plan.runId, '');
      continue;
    }
    const kind = kinds.get(plan.parent);
    const index = counts.get(plan.parent) ?? 0;
    counts.set(plan.parent, index + 1);
    const own = kind === 'do_while' || kind === 'parallel_for' ? `#${index}` : plan.nodeKey;
    paths.set(plan.runId, `${paths.get(plan.parent)}/${own}`);
  }
  return paths;
}
