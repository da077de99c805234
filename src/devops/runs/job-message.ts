import type { JobEndpoint, JobRepository, JobRequest, JobStep, VariableValue } from '../../contracts/agent.ts';
import type { TaskManifest } from '../../contracts/task.ts';
import { invalid } from '../../kernel/errors.ts';
import { guidOf } from '../../kernel/ids.ts';
import { expandMacros, expandVariables } from '../../language/expressions/index.ts';
import type { PlanJob, PlanStep } from '../../language/index.ts';
import { type Connection, findConnection, jobEndpoint } from '../connections/connections.ts';
import { provideConnection } from '../connections/local.ts';
import { connectionsOf, inputOf } from '../connections/named.ts';
import { type AgentTaskCatalog, type DevopsDeps, ORGANISATION } from '../deps.ts';
import { layerVariables, lookupIn } from './contexts.ts';
import type { LoadedRun } from './engine.ts';
import { writeNotice } from './notices.ts';
import { planJob, planStage } from './plan-lookup.ts';
import { identifierOf, recordId } from './record-ids.ts';
import type { RunRepository } from './run-info.ts';
import { findLeg, type Variables } from './state.ts';
import { jobDisplayName, jobVariables } from './system-variables.ts';

/** The task that every `checkout` is, and that jobs without one begin with. */
export const CHECKOUT_TASK = '6d15af64-176c-496d-b583-fd2ae21d4df4';

/** Version of the plan's protocol: agents send JobCompleted from 8 on. */
const PLAN_VERSION = 13;
const TOKEN_GRACE_MS = 60 * 60_000;

/** All variables of one leg, later layers over earlier ones as documented: system, queue time, root, stage, job, matrix leg. */
export function variablesOfJob(run: LoadedRun, jobId: string): Record<string, VariableValue> {
  const { stage, job, leg } = findLegOf(run, jobId);
  const planned = planJob(run.facts, stage.name, job.name);
  const matrix: Variables = Object.fromEntries(Object.entries(leg.variables).map(([name, value]) => [name, { value }]));
  return layerVariables(
    run.facts.variables,
    stage.variables,
    job.variables,
    matrix,
    run.facts.system,
    jobVariables(planStage(run.facts, stage.name), planned, leg, job.legs.indexOf(leg) + 1, job.legs.length),
  );
}

function findLegOf(run: LoadedRun, jobId: string) {
  const found = findLeg(run.state, jobId);
  if (!found) throw invalid(`Run ${run.runId} has no job ${jobId}.`);
  return found;
}

/** The token of a job, good until an hour after the job must have ended. */
export function jobToken(deps: DevopsDeps, run: LoadedRun, jobId: string): Promise<string> {
  const { leg } = findLegOf(run, jobId);
  const end = leg.deadline ? Date.parse(leg.deadline) : deps.clock.now().getTime() + 31 * 24 * 60 * 60_000;
  return deps.tokens.jobToken({
    planId: run.planId,
    jobId,
    projectId: run.info.project.id,
    runId: run.runId,
    expires: new Date(end + TOKEN_GRACE_MS),
  });
}

/**
 * Builds what an agent is told when it gets a job. Made anew for each delivery and never stored: it holds secrets in clear.
 */
export async function buildJobRequest(
  deps: DevopsDeps,
  run: LoadedRun,
  jobId: string,
  claim: { requestId: number; lockToken: string; lockedUntil: string },
): Promise<JobRequest> {
  const { stage, job, leg } = findLegOf(run, jobId);
  const planned = planJob(run.facts, stage.name, job.name);
  const [token, { environment, prependPath }] = await Promise.all([
    jobToken(deps, run, jobId),
    deps.processEnvironment({
      runId: run.runId,
      planId: run.planId,
      jobId,
      strict: run.info.options.strict,
      az: run.info.options.az,
    }),
  ]);
  const variables = layerVariables(variablesOfJob(run, jobId), {
    'system.accessToken': { value: token, isSecret: true },
  });
  const lookup = lookupIn(expandVariables(variables));
  const identify = (name: string) => recordId(identifierOf(stage.name, job.name, leg.name, name));
  const planSteps = withCheckout(planned).filter((step) => step.enabled);
  const { endpoints, ids } = await endpointsOf(deps, run, jobId, planSteps, lookup);
  return {
    messageType: 'PipelineAgentJobRequest',
    plan: { scopeIdentifier: run.info.project.id, planType: 'build', planId: run.planId, version: PLAN_VERSION },
    timeline: { id: run.planId },
    jobId,
    jobDisplayName: jobDisplayName(planned, leg.name),
    jobName: leg.name,
    requestId: claim.requestId,
    lockToken: claim.lockToken,
    lockedUntil: claim.lockedUntil,
    variables,
    mask: [],
    resources: {
      endpoints: [systemConnection(run, token), ...endpoints],
      repositories: [selfRepository(run), ...Object.values(run.info.repositories ?? {}).map(otherRepository)],
    },
    ...(planned.workspaceClean ? { workspace: { clean: planned.workspaceClean } } : {}),
    timeoutInMinutes: planned.timeoutInMinutes,
    cancelTimeoutInMinutes: planned.cancelTimeoutInMinutes,
    steps: planSteps.map((step) => jobStep(deps.tasks, step, identify(step.name), ids, lookup, run)),
    processEnvironment: environment,
    prependPath,
  };
}

/** Jobs that write no checkout begin with one of `self` (inferred). */
function withCheckout(job: PlanJob): readonly PlanStep[] {
  const isCheckout = (step: PlanStep) => step.task.id === CHECKOUT_TASK || /^checkout$/i.test(step.task.name);
  if (job.steps.some(isCheckout)) return job.steps;
  const implied: PlanStep = {
    name: 'checkout',
    named: false,
    task: { id: CHECKOUT_TASK, name: 'Checkout', version: '1' },
    inputs: { repository: 'self' },
    env: {},
    condition: 'succeeded()',
    continueOnError: 'false',
    enabled: true,
    timeoutInMinutes: 0,
    retryCountOnTaskFailure: 0,
  };
  return [implied, ...job.steps];
}

async function endpointsOf(
  deps: DevopsDeps,
  run: LoadedRun,
  jobId: string,
  steps: readonly PlanStep[],
  lookup: (name: string) => string | undefined,
): Promise<{ endpoints: JobEndpoint[]; ids: Map<string, string> }> {
  const found = new Map<string, Connection>();
  const ids = new Map<string, string>();
  const connectionMade = async (type: string, name: string) => {
    const made = await provideConnection(deps, run.info.project.id, type, name);
    if (made.said) await writeNotice(deps, run, jobId, made.said, variablesOfJob(run, jobId));
    return made.connection;
  };
  for (const step of steps) {
    const manifest = manifestOf(deps.tasks, step);
    if (!manifest) continue;
    for (const { name, type } of connectionsOf(step, manifest, lookup)) {
      if (ids.has(name.toLowerCase())) continue;
      const connection =
        (await findConnection(deps.store.read, deps.vault, run.info.project.id, name)) ??
        (run.info.options.strict ? undefined : await connectionMade(type, name));
      if (!connection) continue;
      ids.set(name.toLowerCase(), connection.id);
      found.set(connection.id, connection);
    }
  }
  return { endpoints: [...found.values()].map(jobEndpoint), ids };
}

/** The manifest of a step's task. */
export function manifestOf(tasks: AgentTaskCatalog, step: PlanStep): TaskManifest | undefined {
  return tasks.find(step.task.id ?? step.task.name, step.task.version.split('.')[0] ?? '');
}

function jobStep(
  tasks: AgentTaskCatalog,
  step: PlanStep,
  id: string,
  connections: ReadonlyMap<string, string>,
  lookup: (name: string) => string | undefined,
  run: LoadedRun,
): JobStep {
  const manifest = manifestOf(tasks, step);
  const version = manifest?.version;
  const connectionInputs = new Set(
    (manifest?.inputs ?? []).filter((one) => /^connectedService:/i.test(one.type)).map((one) => one.name.toLowerCase()),
  );
  const inputs = Object.fromEntries(
    Object.entries(step.inputs).map(([name, value]) => {
      if (!connectionInputs.has(name.toLowerCase())) return [name, value];
      const known = connections.get(expandMacros(value, lookup).trim().toLowerCase());
      return [name, known ?? value];
    }),
  );
  const settable = step.target?.settableVariables;
  return {
    type: 'task',
    id,
    name: step.name,
    named: step.named,
    displayName: step.displayName ?? instanceName(step, manifest, run),
    reference: {
      id: manifest?.id ?? step.task.id ?? '',
      name: manifest?.name ?? step.task.name,
      version: version ? `${version.Major}.${version.Minor}.${version.Patch}` : step.task.version,
    },
    inputs,
    environment: step.env,
    condition: step.condition,
    continueOnError: /^true$/i.test(expandMacros(step.continueOnError, lookup).trim()),
    timeoutInMinutes: step.timeoutInMinutes,
    retryCountOnTaskFailure: step.retryCountOnTaskFailure,
    ...(step.target
      ? {
          target: {
            ...(step.target.target !== undefined ? { target: step.target.target } : {}),
            ...(step.target.commands !== undefined ? { commands: step.target.commands } : {}),
            ...(settable ? { settableVariables: { allowed: settable } } : {}),
          },
        }
      : {}),
  };
}

/** The name of a step that has none written: the task's format with its inputs filled in. */
export function instanceName(step: PlanStep, manifest: TaskManifest | undefined, run: LoadedRun): string {
  if (step.task.id === CHECKOUT_TASK || /^checkout$/i.test(step.task.name)) {
    const other = run.info.repositories?.[(step.inputs['repository'] ?? '').toLowerCase()];
    const { repositoryName, branch } = run.info.source;
    const ref = (other?.ref ?? branch).replace(/^refs\/(heads|tags)\//, '');
    return `Checkout ${other?.name ?? repositoryName}@${ref} to ${step.inputs['path'] || 's'}`;
  }
  if (!manifest) return step.name;
  const filled = expandMacros(manifest.instanceNameFormat, (name) => {
    const input = manifest.inputs.find((one) => one.name.toLowerCase() === name.toLowerCase());
    return input && (inputOf(step.inputs, input.name, input.aliases ?? []) ?? input.defaultValue ?? '');
  });
  // An input that is not given may end the format: `Azure CLI $(scriptPath)` of an inline script.
  return filled.trim() || manifest.friendlyName;
}

function systemConnection(run: LoadedRun, token: string): JobEndpoint {
  return {
    id: 'SystemVssConnection',
    name: 'SystemVssConnection',
    type: 'systemvssconnection',
    url: run.collectionUri,
    authorization: { scheme: 'OAuth', parameters: { AccessToken: token } },
    data: { ServerId: run.info.project.id, ServerName: ORGANISATION },
  };
}

function selfRepository(run: LoadedRun): JobRepository {
  const { source, options } = run.info;
  return {
    alias: 'self',
    id: source.repositoryId,
    type: 'Git',
    properties: {
      name: source.repositoryName,
      url: source.root,
      ref: source.branch,
      version: source.version,
      source: options.cleanCheckout ? 'commit' : 'working-tree',
    },
  };
}

function otherRepository({ alias, name, url, ref, version, source }: RunRepository): JobRepository {
  return { alias, id: guidOf(url), type: 'Git', properties: { name, url, ref, version, source } };
}
