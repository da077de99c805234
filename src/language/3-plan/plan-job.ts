import { childOf, type Mapping, type Node, textOf } from '../1-read/node.ts';
import { isYes, planVariables, textList, textMap, wholeNumber } from './fields.ts';
import { isName } from './names.ts';
import type { PlanJob, PlanLeg, PlanPool } from './plan.ts';
import { judgeCondition, type PlanContext } from './plan-context.ts';
import { planSteps } from './plan-step.ts';

const defaultTimeout = 60;
const defaultCancelTimeout = 5;
const mostLegs = 1000;

/** Plans one job or deployment under its final name. `pool` is the one of its stage or pipeline. */
export function planJob(job: Mapping, name: string, inherited: Node | undefined, context: PlanContext): PlanJob {
  const { problems } = context;
  const { file, line, column } = job;
  const deployment = textOf(job, 'deployment') !== undefined;
  const hook = deployment ? deployHook(job, context) : undefined;
  const queue = childOf(job, 'queue');
  const server = isYes(job, 'server') || childOf(job, 'server')?.kind === 'mapping';
  const pool = server
    ? ({ kind: 'server' } as const)
    : planPool(childOf(hook, 'pool') ?? childOf(job, 'pool') ?? queue ?? inherited);
  const settings = queue?.kind === 'mapping' ? queue : (childOf(job, 'server') ?? job);
  const timing = childOf(job, 'timeoutInMinutes') || childOf(job, 'cancelTimeoutInMinutes') ? job : settings;
  const strategy = childOf(job, 'strategy') ?? settings;
  const steps = childOf(hook ?? job, 'steps');
  const clean = textOf(childOf(job, 'workspace'), 'clean') as PlanJob['workspaceClean'];
  const matrix = childOf(strategy, 'matrix');
  const maxParallel = wholeNumber(strategy, 'maxParallel', 0, problems);
  const environment = childOf(job, 'environment');
  // `prod.web` is short for the resource `web` of the environment `prod`.
  const [shortName, ...shortResource] = (textOf(environment, 'name') ?? '').split('.');
  const environmentName = shortName || undefined;
  const resourceName = textOf(environment, 'resourceName') ?? (shortResource.join('.') || undefined);
  return {
    name,
    displayName: textOf(job, 'displayName') || name,
    dependsOn: textList(job, 'dependsOn') ?? [],
    condition: judgeCondition(job, context),
    continueOnError: isYes(job, 'continueOnError'),
    timeoutInMinutes: wholeNumber(timing, 'timeoutInMinutes', defaultTimeout, problems),
    cancelTimeoutInMinutes: wholeNumber(timing, 'cancelTimeoutInMinutes', defaultCancelTimeout, problems),
    pool,
    variables: planVariables(job),
    legs: deployment ? [deploymentLeg(name, environmentName, resourceName)] : planLegs(strategy, context),
    ...(matrix?.kind === 'scalar' && matrix.text !== '' ? { matrixExpression: matrix.text } : {}),
    ...(maxParallel > 0 ? { maxParallel } : {}),
    ...(clean ? { workspaceClean: clean } : {}),
    ...(deployment
      ? {
          deployment: {
            ...(environmentName ? { environment: environmentName } : {}),
            ...(resourceName ? { resource: resourceName } : {}),
          },
        }
      : {}),
    steps: planSteps(
      steps?.kind === 'sequence' ? steps.items : [],
      { name, checkout: pool.kind === 'server' ? 'server' : deployment ? 'none' : 'self' },
      context,
    ),
    position: { file, line, column },
  };
}

/** The pool of a job: `server` alone means no agent. */
function planPool(node: Node | undefined): PlanPool {
  if (!node || (node.kind === 'scalar' && node.text === '')) return { kind: 'agents', demands: [] };
  if (node.kind === 'scalar')
    return node.text.toLowerCase() === 'server' ? { kind: 'server' } : { kind: 'agents', name: node.text, demands: [] };
  const name = textOf(node, 'name');
  const vmImage = textOf(node, 'vmImage');
  return {
    kind: 'agents',
    ...(name ? { name } : {}),
    ...(vmImage ? { vmImage } : {}),
    demands: textList(node, 'demands') ?? [],
  };
}

function planLegs(strategy: Node, { problems }: PlanContext): PlanLeg[] {
  const matrix = childOf(strategy, 'matrix');
  if (matrix?.kind === 'mapping') {
    return matrix.entries.map(({ key, value }, index) => {
      const written = key.kind === 'scalar' ? key.text : '';
      const valid = isName(written) && /^[A-Za-z]/.test(written);
      return { name: valid ? written : `Job${index + 1}`, variables: textMap(value) };
    });
  }
  const slices = wholeNumber(strategy, 'parallel', 0, problems);
  if (slices > mostLegs) {
    problems.at(childOf(strategy, 'parallel')!, 'too-many-legs', String(slices), String(mostLegs));
    return [];
  }
  return Array.from({ length: slices }, (_, index) => ({
    name: `Job${index + 1}`,
    variables: { 'System.JobPositionInPhase': String(index + 1), 'System.TotalJobsInPhase': String(slices) },
  }));
}

/** The one leg of a deployment: it gives output variables the key `<job>.<step>.<variable>` that readers use (documented). */
function deploymentLeg(job: string, environment: string | undefined, resource: string | undefined): PlanLeg {
  return {
    name: resource ? `Deploy_${resource}` : job,
    variables: {
      'Environment.Name': environment ?? '',
      ...(resource ? { 'Environment.ResourceName': resource } : {}),
      'Strategy.Name': 'runOnce',
      'Strategy.Action': 'deploy',
    },
  };
}

/** The `deploy` hook of a deployment that runs once; every other hook and strategy is reported as not implemented. */
function deployHook(job: Mapping, { problems }: PlanContext): Node | undefined {
  const strategy = childOf(job, 'strategy');
  const kind = ['rolling', 'canary'].find((one) => childOf(strategy, one));
  if (kind) problems.at(childOf(strategy, kind)!, 'not-implemented', `the deployment strategy '${kind}'`);
  const runOnce = childOf(strategy, 'runOnce');
  for (const hook of ['preDeploy', 'routeTraffic', 'postRouteTraffic', 'on']) {
    const node = childOf(runOnce, hook);
    if (node) problems.at(node, 'not-implemented', `the deployment hook '${hook}'`);
  }
  return childOf(runOnce, 'deploy');
}
