import { childOf, type Mapping, type Node, textOf } from '../1-read/node.ts';
import { dependencies, isYes, planVariables, textList, textMap, wholeNumber } from './fields.ts';
import { isName } from './names.ts';
import type { PlanJob, PlanLeg, PlanPool } from './plan.ts';
import { judgeCondition, type PlanContext } from './plan-context.ts';
import { deploymentLeg, planDeployment } from './plan-deployment.ts';
import { planSteps, type StepOwner } from './plan-step.ts';

const defaultTimeout = 60;
const defaultCancelTimeout = 5;
const mostLegs = 1000;

/** Plans one job or deployment under its final name. `inherited` is the pool of its stage or pipeline. */
export function planJob(job: Mapping, name: string, inherited: Node | undefined, context: PlanContext): PlanJob {
  const { problems } = context;
  const { file, line, column } = job;
  const condition = judgeCondition(job, context);
  judgeContainers(job, context);
  const isDeployment = childOf(job, 'deployment') !== undefined;
  const ownPool = childOf(job, 'pool') ?? inherited;
  const poolOf = (node: Node | undefined): PlanPool => planPool(node ?? ownPool);
  const stepsOf = (owner: Node, pool: PlanPool, begin: StepOwner['begin']) => {
    const steps = childOf(owner, 'steps');
    const runsOn = pool.kind === 'server' ? 'server' : 'agent';
    return planSteps(steps?.kind === 'sequence' ? steps.items : [], { name, runsOn, begin }, context);
  };
  const deployment = isDeployment ? planDeployment(job, name, { pool: poolOf, steps: stepsOf }, context) : undefined;
  const deploy = deployment?.hooks.find((one) => one.hook === 'deploy');
  const pool = deploy?.pool ?? poolOf(undefined);
  const strategy = childOf(job, 'strategy');
  const clean = textOf(childOf(job, 'workspace'), 'clean') as PlanJob['workspaceClean'];
  const matrix = childOf(strategy, 'matrix');
  const maxParallel = deployment ? 0 : wholeNumber(strategy, 'maxParallel', 0, problems, true);
  return {
    name,
    displayName: textOf(job, 'displayName') || name,
    dependsOn: dependencies(job) ?? [],
    condition,
    continueOnError: isYes(job, 'continueOnError'),
    timeoutInMinutes: wholeNumber(job, 'timeoutInMinutes', defaultTimeout, problems, true),
    cancelTimeoutInMinutes: wholeNumber(job, 'cancelTimeoutInMinutes', defaultCancelTimeout, problems, true),
    pool,
    variables: planVariables(job),
    legs: deployment ? [deploymentLeg(name, deployment)] : planLegs(strategy, context),
    ...(matrix?.kind === 'scalar' && matrix.text !== '' ? { matrixExpression: matrix.text } : {}),
    ...(maxParallel > 0 ? { maxParallel } : {}),
    ...(clean ? { workspaceClean: clean } : {}),
    ...(deployment ? { deployment } : {}),
    steps: deployment ? (deploy?.steps ?? []) : stepsOf(job, pool, 'self'),
    position: { file, line, column },
  };
}

/** Reports containers that the pipeline doesn't declare; a name with `:` or `@` is an image. */
function judgeContainers(job: Mapping, { problems, containers }: PlanContext): void {
  const services = childOf(job, 'services');
  const used = [
    childOf(job, 'container'),
    ...(services?.kind === 'mapping' ? services.entries.map((one) => one.value) : []),
  ];
  for (const node of used) {
    const alias = textOf(node, 'alias');
    if (!alias || /[:@$]/.test(alias) || containers.has(alias.toLowerCase())) continue;
    problems.plain('container-unknown', [alias], childOf(node, 'alias'));
  }
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

function planLegs(strategy: Node | undefined, { problems }: PlanContext): PlanLeg[] {
  const matrix = childOf(strategy, 'matrix');
  if (matrix?.kind === 'mapping') {
    return matrix.entries.map(({ key, value }, index) => {
      const written = key.kind === 'scalar' ? key.text : '';
      const valid = isName(written) && /^[A-Za-z]/.test(written);
      return { name: valid ? written : `Job${index + 1}`, variables: textMap(value) };
    });
  }
  const slices = wholeNumber(strategy, 'parallel', 0, problems, true);
  if (slices > mostLegs) {
    problems.at(childOf(strategy, 'parallel')!, 'too-many-legs', String(slices), String(mostLegs));
    return [];
  }
  return Array.from({ length: slices }, (_, index) => ({
    name: `Job${index + 1}`,
    variables: { 'System.JobPositionInPhase': String(index + 1), 'System.TotalJobsInPhase': String(slices) },
  }));
}
