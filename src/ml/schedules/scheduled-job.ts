import { isObject, type Json, objectField, textField, textsField, withoutNulls } from '../wire-fields.ts';

const NAME = /\$\{\{\s*name\s*\}\}/g;
const TRIGGER_TIME = /\$\{\{\s*creation_context\.trigger_time\s*\}\}/g;

/** By which a job tells the schedule that made it (inferred: the service's own names were not seen). */
export const SCHEDULE_NAME = 'azureml.scheduleName';
export const SCHEDULE_TIME = 'azureml.scheduleTriggerTime';

/** `20210101T060000Z`. @param at ISO-8601 */
const compact = (at: string) => at.replace(/[-:]|\.\d+/g, '');

/** The job that a definition names instead of describing one: the last part of `sourceJobId`. */
export function sourceJobOf(definition: Json): string | undefined {
  const id = textField(definition, 'sourceJobId');
  return id === undefined || id === '' ? undefined : id.split('/').at(-1);
}

/**
 * The body of the job that a schedule begins.
 * @param definition `jobDefinition` of the schedule's action
 * @param source `properties` of the job that the definition names, whose settings it changes
 * @param firing what it is begun for; `at` is ISO-8601
 * @returns `properties` of a job. It shows as `{schedule}-20210101T060000Z`, and in the experiment called after the schedule where none is named (documented)
 */
export function scheduledJob(
  definition: Json,
  source: Json | undefined,
  firing: { readonly schedule: string; readonly job: string; readonly at: string },
): Json {
  const { sourceJobId: _source, ...own } = withoutNulls(definition);
  const merged = source ? mergeJobs(source, own) : own;
  const time = firing.at.replace(/\.\d+Z$/, 'Z');
  const evaluate = (value: unknown): unknown => {
    if (typeof value === 'string') return value.replaceAll(NAME, firing.job).replaceAll(TRIGGER_TIME, time);
    if (Array.isArray(value)) return value.map(evaluate);
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, evaluate(inner)]));
  };
  const evaluated = Object.fromEntries(
    (['inputs', 'outputs'] as const).flatMap((key) => {
      const values = objectField(merged, key);
      return Object.keys(values).length === 0 ? [] : [[key, evaluate(values)]];
    }),
  );
  const experiment = textField(own, 'experimentName');
  return {
    ...merged,
    ...evaluated,
    displayName: `${firing.schedule}-${compact(firing.at)}`,
    experimentName: experiment || firing.schedule,
    isArchived: false,
    properties: {
      ...textsField(merged, 'properties'),
      [SCHEDULE_NAME]: firing.schedule,
      [SCHEDULE_TIME]: time,
    },
  };
}

/** What says nothing about a job that another one describes. */
const isEmpty = (value: unknown) =>
  value === undefined ||
  value === null ||
  value === '' ||
  (Array.isArray(value) && value.length === 0) ||
  (isObject(value) && Object.keys(value).length === 0);

/** A job with the changes of a definition: single inputs, outputs and settings, everything else whole. */
function mergeJobs(source: Json, changes: Json): Json {
  const merged: Record<string, unknown> = { ...source };
  for (const [key, value] of Object.entries(changes)) {
    if (isEmpty(value)) continue;
    const before = merged[key];
    const isMerged = ['inputs', 'outputs', 'settings', 'tags', 'properties'].includes(key);
    merged[key] = isMerged && isObject(before) && isObject(value) ? { ...before, ...value } : value;
  }
  return merged;
}
