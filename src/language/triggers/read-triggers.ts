import type { Filter } from './filters.ts';

/** What may start a run of a pipeline, as its expanded YAML says it. */
export type Triggers = {
  readonly ci: CiTrigger;
  readonly pr: PrTrigger;
  readonly schedules: readonly Schedule[];
  readonly pipelines: readonly PipelineTrigger[];
};

/** Pushes. `off`: `trigger: none`. `implied`: nothing is written, so every branch counts (documented). */
export type CiTrigger =
  | { readonly kind: 'off' | 'implied' }
  | {
      readonly kind: 'written';
      readonly batch: boolean;
      readonly branches?: Filter;
      readonly paths?: Filter;
      readonly tags?: Filter;
    };

/** Pull requests; nothing written means every target branch (documented). */
export type PrTrigger =
  | { readonly kind: 'off' | 'implied' }
  | {
      readonly kind: 'written';
      readonly autoCancel: boolean;
      readonly drafts: boolean;
      readonly branches?: Filter;
      readonly paths?: Filter;
    };

export type Schedule = {
  readonly cron: string;
  readonly displayName: string;
  readonly branches?: Filter;
  /** Left out while the last scheduled run still goes on. */
  readonly batch: boolean;
  /** Also when nothing has changed since the last successful scheduled run. */
  readonly always: boolean;
};

/** Ends of another pipeline's runs. Off unless it is written (documented). */
export type PipelineTrigger = {
  readonly alias: string;
  readonly source: string;
  readonly enabled: boolean;
  readonly branches?: Filter;
  /** Tags of the run; all of them must be there. */
  readonly tags: readonly string[];
  /** Stages that must all have been completed. */
  readonly stages: readonly string[];
};

type Fields = Readonly<Record<string, unknown>>;

/** Reads the triggers of an expanded pipeline. @param root the final YAML as plain data */
export function readTriggers(root: unknown): Triggers {
  const fields = fieldsOf(root);
  return {
    ci: readCi(fields['trigger']),
    pr: readPr(fields['pr']),
    schedules: listOf(fields['schedules']).map(readSchedule),
    pipelines: listOf(fieldsOf(fields['resources'])['pipelines']).map(readPipeline),
  };
}

function readCi(written: unknown): CiTrigger {
  const state = stateOf(written);
  if (state !== 'written') return { kind: state };
  const fields = fieldsOf(written);
  return {
    kind: 'written',
    batch: isYes(fields['batch'], false),
    ...filterAs('branches', Array.isArray(written) ? written : fields['branches']),
    ...filterAs('paths', fields['paths']),
    ...filterAs('tags', fields['tags']),
  };
}

function readPr(written: unknown): PrTrigger {
  const state = stateOf(written);
  if (state !== 'written') return { kind: state };
  const fields = fieldsOf(written);
  return {
    kind: 'written',
    autoCancel: isYes(fields['autoCancel'], true),
    drafts: isYes(fields['drafts'], true),
    ...filterAs('branches', Array.isArray(written) ? written : fields['branches']),
    ...filterAs('paths', fields['paths']),
  };
}

function readSchedule(item: unknown): Schedule {
  const fields = fieldsOf(item);
  const cron = textOf(fields['cron']);
  return {
    cron,
    displayName: textOf(fields['displayName']),
    batch: isYes(fields['batch'], false),
    always: isYes(fields['always'], false),
    ...filterAs('branches', fields['branches']),
  };
}

function readPipeline(item: unknown): PipelineTrigger {
  const fields = fieldsOf(item);
  const trigger = fields['trigger'];
  const filters = fieldsOf(trigger);
  const isOn =
    typeof trigger === 'object' && trigger !== null ? isYes(filters['enabled'], true) : isYes(trigger, false);
  return {
    alias: textOf(fields['pipeline']),
    source: textOf(fields['source']),
    enabled: isOn,
    ...filterAs('branches', filters['branches']),
    tags: listOf(filters['tags']).map(textOf),
    stages: listOf(filters['stages']).map(textOf),
  };
}

/** `none` comes out of the expansion as `enabled: false`; a list that holds the word is a list of branches. */
function stateOf(written: unknown): 'off' | 'implied' | 'written' {
  if (written === undefined) return 'implied';
  if (written === 'none') return 'off';
  return isYes(fieldsOf(written)['enabled'], true) ? 'written' : 'off';
}

/** A list includes; otherwise `include` and `exclude`. Nothing where nothing is written. */
function filterAs<K extends string>(name: K, written: unknown): Partial<Record<K, Filter>> {
  if (written === undefined) return {};
  const { include, exclude } = fieldsOf(written);
  const filter = Array.isArray(written)
    ? { include: written.map(textOf), exclude: [] }
    : { include: listOf(include).map(textOf), exclude: listOf(exclude).map(textOf) };
  return { [name]: filter } as unknown as Partial<Record<K, Filter>>;
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return value === undefined || value === '' || value === null ? [] : [value].filter((one) => typeof one !== 'object');
}

function textOf(value: unknown): string {
  return value === undefined || value === null || typeof value === 'object' ? '' : String(value);
}

function isYes(value: unknown, otherwise: boolean): boolean {
  const text = textOf(value).toLowerCase();
  if (/^(true|yes|y|on|1)$/.test(text)) return true;
  return /^(false|no|n|off|0|none)$/.test(text) ? false : otherwise;
}
