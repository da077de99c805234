import { childOf, type Entry, type Mapping, type Node, textNode } from '../1-read/node.ts';
import {
  asList,
  asScalar,
  entryOf,
  keyText,
  listOf,
  mapEntries,
  mapping,
  pair,
  rename,
  wrapped,
} from './normal-nodes.ts';
import { normalizeQueue } from './normalize-queue.ts';
import { normalizeStep } from './normalize-step.ts';

/**
 * The normal form of an expanded pipeline, as the service's preview prints it: stages of jobs of task steps, variables as
 * lists, scalars that stand for lists or mappings written out. Nothing is defaulted.
 */
export function normalizePipeline(root: Mapping): Mapping {
  const entries: Entry[] = [];
  const isSteps = childOf(root, 'steps') !== undefined;
  const jobKeys = new Set([
    'pool',
    'strategy',
    'continueOnError',
    'container',
    'services',
    'workspace',
    'queue',
    'server',
  ]);
  for (const entry of root.entries) {
    const name = keyText(entry);
    const { key, value } = entry;
    switch (name) {
      case 'trigger':
      case 'pr':
        entries.push({ key, value: normalizeTrigger(value) });
        break;
      case 'variables':
        entries.push({ key, value: normalizeVariables(value) });
        break;
      case 'stages':
        entries.push({ key, value: normalizeList('stages', value) });
        break;
      case 'jobs':
      case 'phases':
        entries.push({
          key: rename(key, 'stages'),
          value: listOf(mapping(value, [pair('stage', '__default', value), ['jobs', normalizeList(name, value)]])),
        });
        break;
      case 'steps': {
        const moved = root.entries.filter((one) => jobKeys.has(keyText(one))).flatMap(normalizeJobEntry);
        const steps: Entry = { key, value: normalizeList('steps', value) };
        const job: Mapping = {
          ...mapping(value, [pair('job', 'Job', value)]),
          entries: [entryOf('job', textNode('Job', value, 'plain')), ...firstOfEach(moved), steps],
        };
        entries.push({
          key: rename(key, 'stages'),
          value: listOf(mapping(value, [pair('stage', '__default', value), ['jobs', listOf(job)]])),
        });
        break;
      }
      default:
        if (!isSteps || !jobKeys.has(name)) entries.push(entry);
    }
  }
  return { ...root, entries };
}

/** The normal form of a list of `stages`, `jobs`, `phases` or `steps`; other shapes stay as they are. */
export function normalizeList(shapeName: string, list: Node): Node {
  if (list.kind !== 'sequence') return list;
  switch (shapeName) {
    case 'steps':
      return { ...list, items: list.items.map((item) => (item.kind === 'mapping' ? normalizeStep(item) : item)) };
    case 'jobs':
    case 'phases':
      return { ...list, items: list.items.map(normalizeJob) };
    case 'stages':
      return { ...list, items: list.items.map((item) => mapEntries(item, normalizeStageEntry)) };
    default:
      return list;
  }
}

function normalizeStageEntry(entry: Entry): Entry {
  switch (keyText(entry)) {
    case 'jobs':
      return { key: entry.key, value: normalizeList('jobs', entry.value) };
    case 'variables':
      return { key: entry.key, value: normalizeVariables(entry.value) };
    case 'dependsOn':
      return { key: entry.key, value: asList(entry.value) };
    default:
      return entry;
  }
}

function normalizeJob(job: Node): Node {
  return job.kind === 'mapping' ? { ...job, entries: firstOfEach(job.entries.flatMap(normalizeJobEntry)) } : job;
}

/** Of keys that an old and a new spelling of the same came to, the one written first. */
function firstOfEach(entries: readonly Entry[]): Entry[] {
  const seen = new Set<string>();
  return entries.filter((entry) => {
    const name = keyText(entry).toLowerCase();
    return !seen.has(name) && seen.add(name);
  });
}

function normalizeJobEntry(entry: Entry): Entry | Entry[] {
  const { key, value } = entry;
  switch (keyText(entry)) {
    case 'queue':
    case 'server':
      return normalizeQueue(entry).flatMap((one) => (keyText(one) === keyText(entry) ? one : normalizeJobEntry(one)));
    case 'phase':
      return { key: rename(key, 'job'), value };
    case 'steps':
      return { key, value: normalizeList('steps', value) };
    case 'variables':
      return { key, value: normalizeVariables(value) };
    case 'dependsOn':
      return { key, value: asList(value) };
    case 'container':
      return { key, value: wrapped('alias', value) };
    case 'environment':
      return { key, value: wrapped('name', value) };
    case 'services':
      return { key, value: mapEntries(value, (one) => ({ key: one.key, value: wrapped('alias', one.value) })) };
    case 'strategy':
      return { key, value: normalizeHooks(value) };
    default:
      return entry;
  }
}

/** Steps inside the hooks of a deployment, at any depth; a matrix holds no `steps` lists. */
function normalizeHooks(node: Node): Node {
  return mapEntries(node, (entry) => ({
    key: entry.key,
    value: keyText(entry) === 'steps' ? normalizeList('steps', entry.value) : normalizeHooks(entry.value),
  }));
}

function normalizeTrigger(value: Node): Node {
  if (value.kind === 'sequence') {
    return mapping(value, [['branches', mapping(value, [['include', value]])]]);
  }
  if (value.kind !== 'scalar') return value;
  if (value.text.toLowerCase() === 'none') return mapping(value, [pair('enabled', 'false', value)]);
  return value;
}

/** A `variables` block as a list of items. */
function normalizeVariables(value: Node): Node {
  if (value.kind !== 'mapping') return value;
  const { file, line, column } = value;
  const items = value.entries.map(({ key, value: item }) =>
    mapping(key, [
      ['name', asScalar(key)],
      ['value', item],
    ]),
  );
  return { kind: 'sequence', items, file, line, column };
}
