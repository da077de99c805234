import { childOf, type Mapping, type Node, textOf } from '../1-read/node.ts';
import type { Problems } from '../diagnostics.ts';

/**
 * Reports what a pipeline in normal form asks for and no run does: as an error what would run steps elsewhere than their author said,
 * as a warning what a run can do without.
 */
export function judgeUnbuilt(root: Mapping, problems: Problems): void {
  for (const kind of ['pipelines', 'builds', 'containers', 'packages', 'webhooks'])
    for (const node of mappingsIn(childOf(childOf(root, 'resources'), kind)))
      problems.at(node, 'not-looked-at', `resource '${nameOf(node)}' of '${kind}'`, RESOURCE_EFFECTS[kind] ?? '');
  judgePool(childOf(root, 'pool'), problems);
  for (const stage of mappingsIn(childOf(root, 'stages'))) {
    judgePool(childOf(stage, 'pool'), problems);
    for (const job of mappingsIn(childOf(stage, 'jobs'))) judgeJob(job, problems);
  }
}

const RESOURCE_EFFECTS: Readonly<Record<string, string>> = {
  pipelines: 'its runs start none of this pipeline, and its variables are empty',
  builds: 'its builds start no run',
  containers: 'nothing is pulled',
  packages: 'its versions start no run',
  webhooks: 'its events start no run, and its parameters are empty',
};

function judgeJob(job: Mapping, problems: Problems): void {
  const container = childOf(job, 'container');
  if (isGiven(container)) problems.at(container, 'not-implemented', 'job container');
  const services = childOf(job, 'services');
  if (services?.kind === 'mapping' && services.entries.length > 0)
    problems.at(services, 'not-implemented', 'job services');
  judgePool(childOf(job, 'pool'), problems);
  const environment = childOf(job, 'environment');
  const name = textOf(environment, 'name');
  if (environment && name)
    problems.at(
      environment,
      'not-looked-at',
      `environment '${name.split('.')[0]}'`,
      'the job waits for none of the approvals and checks that it may have in Azure DevOps',
    );
  judgeSteps(childOf(job, 'steps'), problems);
  const deploy = childOf(childOf(childOf(job, 'strategy'), 'runOnce'), 'deploy');
  judgeSteps(childOf(deploy, 'steps'), problems);
  judgePool(childOf(deploy, 'pool'), problems);
}

function judgeSteps(steps: Node | undefined, problems: Problems): void {
  for (const step of mappingsIn(steps)) {
    const target = childOf(step, 'target');
    const container = target?.kind === 'mapping' ? childOf(target, 'container') : target;
    // `host` is where all steps run here.
    if (isGiven(container) && !(container.kind === 'scalar' && /^host$/i.test(container.text)))
      problems.at(container, 'not-implemented', 'a container as the target of a step');
  }
}

function judgePool(pool: Node | undefined, problems: Problems): void {
  const demands = childOf(pool, 'demands');
  if (isGiven(demands))
    problems.at(demands, 'not-looked-at', 'demands of a pool', 'every job runs on this machine, whatever it has');
}

function isGiven(node: Node | undefined): node is Node {
  if (!node) return false;
  if (node.kind === 'scalar') return node.text.trim() !== '';
  if (node.kind === 'sequence') return node.items.length > 0;
  return node.kind === 'mapping' && node.entries.length > 0;
}

function mappingsIn(node: Node | undefined): Mapping[] {
  return node?.kind === 'sequence' ? node.items.filter((item) => item.kind === 'mapping') : [];
}

/** What a resource is called: the value of its first key. */
function nameOf(resource: Mapping): string {
  const value = resource.entries[0]?.value;
  return value?.kind === 'scalar' ? value.text : '';
}
