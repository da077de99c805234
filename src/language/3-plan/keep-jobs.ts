import { childOf, type Mapping, type Node } from '../1-read/node.ts';
import type { Plan } from './plan.ts';

/** Which jobs of a plan are meant, by the names of stage and job. */
export type JobChoice = (stage: string, job: string) => boolean;

/** A pipeline in normal form without the jobs that are not chosen, and without stages that have none left. @param plan what was made of it */
export function keepJobs(root: Mapping, plan: Plan, isChosen: JobChoice): Mapping {
  return withItems(root, 'stages', (stageNode, index) => {
    const stage = plan.stages[index];
    if (!stage) return undefined;
    const kept = withItems(stageNode, 'jobs', (jobNode, at) =>
      isChosen(stage.name, stage.jobs[at]?.name ?? '') ? jobNode : undefined,
    );
    const jobs = childOf(kept, 'jobs');
    return jobs?.kind === 'sequence' && jobs.items.length > 0 ? kept : undefined;
  });
}

/** The mapping with the mappings of one of its lists changed or, where nothing is answered, left out. */
function withItems(
  owner: Mapping,
  key: string,
  change: (item: Mapping, index: number) => Mapping | undefined,
): Mapping {
  const list = childOf(owner, key);
  if (list?.kind !== 'sequence') return owner;
  const mappings = list.items.filter((item) => item.kind === 'mapping');
  const items: Node[] = mappings.flatMap((item, index) => change(item, index) ?? []);
  const entries = owner.entries.map((entry) =>
    entry.value === list ? { ...entry, value: { ...list, items } } : entry,
  );
  return { ...owner, entries };
}
