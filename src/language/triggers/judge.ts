import { cronFires, nextFire, readCron } from '../../kernel/cron.ts';
import { type Filter, type FilterVerdict, judgePath, judgeRef, nameMatches, shortRef } from './filters.ts';
import type { CiTrigger, PipelineTrigger, PrTrigger, Schedule, Triggers } from './read-triggers.ts';

/** Something that may start a run. Refs are in full; paths count from the repository's root; times are milliseconds since 1970. */
export type TriggerEvent =
  | { readonly kind: 'push'; readonly ref: string; readonly changed?: readonly string[]; readonly message?: string }
  | {
      readonly kind: 'pull-request';
      readonly target: string;
      readonly changed?: readonly string[];
      readonly draft: boolean;
    }
  | { readonly kind: 'schedule'; readonly branch: string; readonly at: number }
  | {
      readonly kind: 'completion';
      /** The alias of the pipeline resource. */
      readonly alias: string;
      readonly branch: string;
      readonly tags: readonly string[];
      readonly stages: readonly string[];
    };

/** One thing that was looked at. */
export type TriggerReason = {
  /** `for` a run, `against` it, or a `note` on what isn't known here. */
  readonly weight: 'for' | 'against' | 'note';
  readonly text: string;
  /** The pattern that decided, as written. */
  readonly pattern?: string;
};

export type TriggerVerdict = { readonly runs: boolean; readonly reasons: readonly TriggerReason[] };

/** Judges whether an event starts a run, and says why. Pure: no clock, no repository. */
export function judgeTrigger(triggers: Triggers, event: TriggerEvent): TriggerVerdict {
  switch (event.kind) {
    case 'push':
      return verdictOf(judgePush(triggers.ci, event));
    case 'pull-request':
      return verdictOf(judgePullRequest(triggers.pr, event));
    case 'schedule':
      return judgeSchedules(triggers.schedules, event);
    case 'completion':
      return verdictOf(judgeCompletion(triggers.pipelines, event));
  }
}

const yes = (text: string, pattern?: string): TriggerReason => reason('for', text, pattern);
const no = (text: string, pattern?: string): TriggerReason => reason('against', text, pattern);
const note = (text: string): TriggerReason => reason('note', text);

function reason(weight: TriggerReason['weight'], text: string, pattern?: string): TriggerReason {
  return { weight, text, ...(pattern === undefined ? {} : { pattern }) };
}

function verdictOf(reasons: readonly TriggerReason[]): TriggerVerdict {
  return { runs: reasons.every((one) => one.weight !== 'against'), reasons };
}

function judgePush(trigger: CiTrigger, event: Extract<TriggerEvent, { kind: 'push' }>): TriggerReason[] {
  const isTag = event.ref.startsWith('refs/tags/');
  const what = `${isTag ? 'tag' : 'branch'} ${shortRef(event.ref)}`;
  const skip = event.message === undefined ? undefined : skipMark(event.message);
  const skipped = skip === undefined ? [] : [no(`the message of the newest commit holds ${skip}`)];
  switch (trigger.kind) {
    case 'off':
      return [no('trigger: none turns pushes off'), ...skipped];
    case 'implied':
      return [
        isTag
          ? no(`${what}: no trigger is written, and tags start a run only where they are named`)
          : yes(`${what}: no trigger is written, so every branch counts`),
        ...skipped,
      ];
    case 'written':
      break;
  }
  const batch = trigger.batch ? [note('batch: while a run goes on, pushes wait and become one run')] : [];
  if (isTag) return [judgeTag(trigger, event.ref, what), ...skipped, ...batch];
  const { branches, paths, tags } = trigger;
  const own = branches && branchFilter(branches);
  const branch =
    own || !tags || paths
      ? filterReason(what, judgeRef(own ?? everything, event.ref))
      : no(`${what}: the trigger names tags only`);
  return [branch, ...pathReasons(paths, event.changed), ...skipped, ...batch];
}

const everything: Filter = { include: [], exclude: [] };

/** The part of a filter of branches that names no tags. */
function branchFilter({ include, exclude }: Filter): Filter | undefined {
  const isBranch = (pattern: string) => !pattern.startsWith('refs/tags/');
  const kept = { include: include.filter(isBranch), exclude: exclude.filter(isBranch) };
  // Of a filter that names tags alone nothing is left, which would otherwise mean everything.
  return kept.include.length === 0 && include.length > 0 ? { include: [''], exclude: kept.exclude } : kept;
}

/** Tags are named under `tags`, or under `branches` as `refs/tags/…` (documented). */
function judgeTag(
  { branches, tags }: Extract<CiTrigger, { kind: 'written' }>,
  ref: string,
  what: string,
): TriggerReason {
  const isTag = (pattern: string) => pattern.startsWith('refs/tags/');
  const include = [...(tags?.include ?? []), ...(branches?.include ?? []).filter(isTag)];
  const exclude = [...(tags?.exclude ?? []), ...(branches?.exclude ?? []).filter(isTag)];
  if (include.length === 0 && exclude.length === 0)
    return no(`${what}: the trigger names no tags, and tags start a run only where they are named`);
  return filterReason(what, judgeRef({ include, exclude }, ref));
}

function filterReason(what: string, verdict: FilterVerdict): TriggerReason {
  switch (verdict.by) {
    case 'include':
      return yes(`${what}: included by '${verdict.pattern}'`, verdict.pattern);
    case 'all':
      return yes(`${what}: nothing is included by name, so everything that is not excluded counts`);
    case 'exclude':
      return no(`${what}: excluded by '${verdict.pattern}'`, verdict.pattern);
    case 'none':
      return no(`${what}: no pattern includes it`);
  }
}

/** One changed path that counts is enough; then the others are no reason against the run. */
function pathReasons(filter: Filter | undefined, changed: readonly string[] | undefined): TriggerReason[] {
  if (!filter) return [];
  if (changed === undefined)
    return [note(`paths: it depends on what changed (${describeFilter(filter)}); name it with --changed PATH`)];
  const reasons = changed.map((path) => filterReason(`path ${path}`, judgePath(filter, path)));
  if (reasons.some((one) => one.weight === 'for'))
    return reasons.map((one) => (one.weight === 'against' ? { ...one, weight: 'note' as const } : one));
  return reasons.length > 0 ? reasons : [no('paths: nothing changed')];
}

function describeFilter({ include, exclude }: Filter): string {
  const parts = [
    include.length > 0 ? `include ${include.join(', ')}` : '',
    exclude.length > 0 ? `exclude ${exclude.join(', ')}` : '',
  ];
  return parts.filter((one) => one !== '').join('; ') || 'everything';
}

const skipMarks = [
  '[skip ci]',
  '[ci skip]',
  'skip-checks: true',
  'skip-checks:true',
  '[skip azurepipelines]',
  '[azurepipelines skip]',
  '[skip azpipelines]',
  '[azpipelines skip]',
  '[skip azp]',
  '[azp skip]',
  '***NO_CI***',
];

/** What in a commit's message asks for no run (documented). */
function skipMark(message: string): string | undefined {
  return skipMarks.find((mark) => message.toLowerCase().includes(mark.toLowerCase()));
}

function judgePullRequest(trigger: PrTrigger, event: Extract<TriggerEvent, { kind: 'pull-request' }>): TriggerReason[] {
  const what = `target ${shortRef(event.target)}`;
  const hosts = note('pr counts for GitHub and Bitbucket; in Azure Repos the branch policy of the target decides');
  switch (trigger.kind) {
    case 'off':
      return [no('pr: none turns pull requests off'), hosts];
    case 'implied':
      return [yes(`${what}: no pr is written, so pull requests to every branch count`), hosts];
    case 'written':
      break;
  }
  return [
    filterReason(what, judgeRef(trigger.branches ?? everything, event.target)),
    ...pathReasons(trigger.paths, event.changed),
    ...(event.draft && !trigger.drafts ? [no('drafts: false leaves drafts out')] : []),
    hosts,
  ];
}

function judgeSchedules(
  schedules: readonly Schedule[],
  event: Extract<TriggerEvent, { kind: 'schedule' }>,
): TriggerVerdict {
  if (schedules.length === 0) return verdictOf([no('no schedules are written')]);
  const each = schedules.map((one) => judgeSchedule(one, event));
  // One schedule that starts a run is enough.
  const runs = each.some((reasons) => verdictOf(reasons).runs);
  return {
    runs,
    reasons: each.flat().map((one) => (runs && one.weight === 'against' ? { ...one, weight: 'note' } : one)),
  };
}

function judgeSchedule(schedule: Schedule, event: Extract<TriggerEvent, { kind: 'schedule' }>): TriggerReason[] {
  const name = schedule.displayName === '' ? `'${schedule.cron}'` : `'${schedule.cron}' (${schedule.displayName})`;
  const cron = readCron(schedule.cron);
  if (typeof cron === 'string') return [no(`schedule ${name} cannot be read: ${cron}`)];
  const branch = filterReason(
    `schedule ${name}: branch ${shortRef(event.branch)}`,
    judgeRef(schedule.branches ?? everything, event.branch),
  );
  if (!cronFires(cron, event.at)) {
    const next = nextFire(cron, event.at);
    const then = next === undefined ? 'never comes' : `comes next at ${minuteOf(next)}`;
    return [no(`schedule ${name} does not start at ${minuteOf(event.at)}; it ${then}`), branch];
  }
  const more = [
    schedule.always ? '' : 'only if something changed since the last successful scheduled run (always: false)',
    schedule.batch && !schedule.always ? 'not while the last scheduled run goes on (batch: true)' : '',
  ];
  return [
    yes(`schedule ${name} starts at ${minuteOf(event.at)}`),
    branch,
    ...more.filter((one) => one !== '').map((one) => note(`schedule ${name}: ${one}`)),
  ];
}

function minuteOf(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

function judgeCompletion(
  pipelines: readonly PipelineTrigger[],
  event: Extract<TriggerEvent, { kind: 'completion' }>,
): TriggerReason[] {
  const trigger = pipelines.find((one) => one.alias.toLowerCase() === event.alias.toLowerCase());
  const known = pipelines.map((one) => one.alias).join(', ') || 'none';
  if (!trigger) return [no(`resources.pipelines has no '${event.alias}' (it has: ${known})`)];
  const what = `pipeline ${trigger.alias}`;
  if (!trigger.enabled) return [no(`${what}: its end starts nothing, since its trigger is not written or none`)];
  const lacks = (wanted: readonly string[], given: readonly string[], same: (a: string, b: string) => boolean) =>
    wanted.filter((one) => !given.some((other) => same(one, other)));
  const ignoringCase = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();
  const tags = lacks(trigger.tags, event.tags, nameMatches);
  const stages = lacks(trigger.stages, event.stages, ignoringCase);
  return [
    filterReason(`${what}: branch ${shortRef(event.branch)}`, judgeRef(trigger.branches ?? everything, event.branch)),
    ...tags.map((one) => no(`${what}: its run lacks the tag '${one}'`, one)),
    ...stages.map((one) => no(`${what}: its stage '${one}' was not completed`, one)),
  ];
}
