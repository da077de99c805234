import { childOf, type Entry, type Mapping, type Node, textNode } from '../1-read/node.ts';
import { entryOf, keyText, mapping } from './normal-nodes.ts';

const jobKeys = new Set(['timeoutInMinutes', 'cancelTimeoutInMinutes', 'container', 'workspace']);

/**
 * What the legacy `queue` or `server` of a phase is called today: `pool` for where it runs, `strategy` for `matrix` and `parallel`,
 * the rest as keys of the job. `parallel` beside `matrix` is the number of legs at a time. The keys and their meaning are
 * documented, the form that is printed is inferred: it is one that can be read back.
 */
export function normalizeQueue(entry: Entry): Entry[] {
  const { key, value } = entry;
  const isServer = keyText(entry) === 'server';
  if (value.kind === 'scalar') {
    if (!isServer) return [entryOf('pool', value)];
    return /^(?:true|y|yes|on)$/i.test(value.text) ? [serverPool(value)] : [];
  }
  if (value.kind !== 'mapping') return [entry];
  const pool = isServer ? [serverPool(key)] : agentPool(value);
  const others = value.entries.filter((one) => jobKeys.has(keyText(one)));
  return [...pool, ...others, ...strategyOf(value)];
}

function serverPool(place: Node): Entry {
  return entryOf('pool', textNode('server', place, 'plain'));
}

function agentPool(queue: Mapping): Entry[] {
  const entries = queue.entries.filter((one) => ['name', 'demands'].includes(keyText(one)));
  return entries.length === 0 ? [] : [entryOf('pool', { ...queue, entries })];
}

function strategyOf(settings: Mapping): Entry[] {
  const matrix = childOf(settings, 'matrix');
  const parallel = childOf(settings, 'parallel');
  if (!matrix) return parallel ? [entryOf('strategy', mapping(settings, [['parallel', parallel]]))] : [];
  const pairs: [string, Node][] = [['matrix', matrix]];
  if (parallel) pairs.push(['maxParallel', parallel]);
  return [entryOf('strategy', mapping(settings, pairs))];
}
