import { childOf, type Mapping, type Node, textOf } from '../1-read/node.ts';
import { textList } from './fields.ts';
import type { PlanDeployment, PlanHook, PlanLeg, PlanPool, PlanStep } from './plan.ts';
import type { PlanContext } from './plan-context.ts';

/** How a deployment job turns its hooks into pools and steps. */
export type HookPlanner = {
  pool(node: Node | undefined): PlanPool;
  steps(hook: Node, pool: PlanPool, begin: 'artifacts' | 'nothing'): PlanStep[];
};

const inOrder = ['preDeploy', 'deploy', 'routeTraffic', 'postRouteTraffic'] as const;
const strategies = ['runOnce', 'rolling', 'canary'] as const;

/**
 * Unrolls a deployment job into its hooks, in the order in which they run (documented): the four hooks, for `canary` the last
 * three once an increment, then `on: success` or `on: failure`. Each is to be a job of its own, in its pool or the deployment's.
 * What the engine can't run yet is planned all the same and reported as not implemented.
 */
export function planDeployment(job: Mapping, name: string, planner: HookPlanner, context: PlanContext): PlanDeployment {
  const { problems } = context;
  const environment = environmentOf(job);
  if (environment.environment === undefined) problems.plain('environment-required', [name], job);
  const strategy = childOf(job, 'strategy');
  const kind = strategies.find((one) => childOf(strategy, one)) ?? 'runOnce';
  const body = childOf(strategy, kind);
  const { resource } = environment;
  const variables = (action: string, increment?: string) => ({
    'Environment.Name': environment.environment ?? '',
    ...(resource ? { 'Environment.ResourceName': resource } : {}),
    'Strategy.Name': kind,
    'Strategy.Action': action,
    ...(increment === undefined ? {} : { 'Strategy.Increment': increment }),
  });
  const outputs = (hook: string, increment?: string) =>
    kind === 'runOnce' ? (resource ? `Deploy_${resource}` : name) : `${hook}_${increment ?? ''}`;
  const planHook = (hook: PlanHook['hook'], node: Node, action: string): PlanHook => {
    const pool = planner.pool(childOf(node, 'pool'));
    // Only the `deploy` hook begins with the run's artifacts (documented).
    const steps = planner.steps(node, pool, hook === 'deploy' ? 'artifacts' : 'nothing');
    return { hook, outputs: outputs(hook), pool, variables: variables(action), steps };
  };
  const present = (names: readonly PlanHook['hook'][]) =>
    names.flatMap((hook) => {
      const node = childOf(body, hook);
      return node ? [planHook(hook, node, 'deploy')] : [];
    });
  const increments = kind === 'canary' ? (textList(body, 'increments') ?? []) : [];
  const each = (hooks: readonly PlanHook[]) =>
    increments.length === 0
      ? hooks
      : increments.flatMap((increment) =>
          hooks.map((hook) => ({
            ...hook,
            outputs: outputs(hook.hook, increment),
            variables: variables('deploy', increment),
          })),
        );
  const before = present(inOrder.slice(0, 1));
  const main = each(present(inOrder.slice(1)));
  const on = childOf(body, 'on');
  const success = childOf(on, 'success');
  const failure = childOf(on, 'failure');
  const maxParallel = kind === 'rolling' ? rollingLimit(body, context) : undefined;
  reportUnbuilt(kind, body, context);
  return {
    ...environment,
    strategy: kind,
    ...(maxParallel === undefined ? {} : { maxParallel }),
    hooks: [
      ...before,
      ...main,
      ...(success ? [planHook('success', success, 'promote')] : []),
      ...(failure ? [planHook('failure', failure, 'reject')] : []),
    ],
  };
}

/** The one leg of a deployment: it gives output variables the key `<job>.<step>.<variable>` that readers use (documented). */
export function deploymentLeg(job: string, deployment: PlanDeployment): PlanLeg {
  const deploy = deployment.hooks.find((one) => one.hook === 'deploy');
  return { name: deploy?.outputs ?? job, variables: deploy?.variables ?? {} };
}

/** `prod.web` is short for the resource `web` of the environment `prod`. */
function environmentOf(job: Mapping): Pick<PlanDeployment, 'environment' | 'resource' | 'resourceType'> {
  const node = childOf(job, 'environment');
  const [shortName, ...shortResource] = (textOf(node, 'name') ?? '').split('.');
  const resource = textOf(node, 'resourceName') ?? (shortResource.join('.') || undefined);
  const resourceType = textOf(node, 'resourceType');
  return {
    ...(shortName ? { environment: shortName } : {}),
    ...(resource ? { resource } : {}),
    ...(resourceType ? { resourceType } : {}),
  };
}

/** `maxParallel` of a rolling deployment: a number from 1, or a percentage from 1 to 100 (2019 source). */
function rollingLimit(body: Node | undefined, { problems }: PlanContext): string | undefined {
  const node = childOf(body, 'maxParallel');
  const text = textOf(body, 'maxParallel')?.trim();
  if (!node || !text) return undefined;
  const percent = /^(-?\d{1,9})\s*%$/.exec(text)?.[1];
  if (percent !== undefined) {
    if (Number(percent) < 1 || Number(percent) > 100)
      problems.plain('rolling-invalid', ['Percentage rolling value should be with in 1 to 100.'], node);
  } else if (/^-?\d{1,9}$/.test(text)) {
    if (Number(text) < 1)
      problems.plain('rolling-invalid', ['Absolute rolling value should be greater than zero.'], node);
  } else if (!/\$[([]/.test(text)) {
    problems.plain('rolling-invalid', [`${text} is not supported as rolling option.`], node);
  }
  return text;
}

function reportUnbuilt(kind: string, body: Node | undefined, { problems }: PlanContext): void {
  if (!body) return;
  if (kind !== 'runOnce') problems.at(body, 'not-implemented', `the deployment strategy '${kind}'`);
  else
    for (const hook of [...inOrder.filter((one) => one !== 'deploy'), 'on']) {
      const node = childOf(body, hook);
      if (node) problems.at(node, 'not-implemented', `the deployment hook '${hook}'`);
    }
}
