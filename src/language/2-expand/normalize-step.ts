import { type Entry, type Mapping, type Node, textNode } from '../1-read/node.ts';
import { keyText, mapEntries, wrapped } from './normal-nodes.ts';
import shortcuts from './shortcuts.json' with { type: 'json' };

type Shortcut = {
  readonly task: string;
  /** Inputs of fixed value that come first, and those that come last. */
  readonly constants?: readonly (readonly string[])[];
  readonly last?: readonly (readonly string[])[];
  /** Keys of the step and the inputs they become, in the order of the inputs. */
  readonly inputs: readonly (readonly string[])[];
  /** Whether all other keys become inputs of the same name, as authored. */
  readonly rest?: boolean;
};

const table: Readonly<Record<string, Shortcut>> = shortcuts;
/** The keys that every step may have, whatever it does. */
export const commonStepKeys: ReadonlySet<string> = new Set([
  'condition',
  'continueOnError',
  'displayName',
  'target',
  'enabled',
  'env',
  'name',
  'timeoutInMinutes',
  'retryCountOnTaskFailure',
]);

/** Shortcuts of which `none` says that nothing is to be done (recorded). */
const skippable = new Set(['checkout', 'download']);

/**
 * A step as its task: a shortcut becomes `task`, the common keys in authored order, `inputs` last. Others stay as written,
 * but for a `target` that is a text: it is the container's name.
 */
export function normalizeStep(step: Mapping): Mapping {
  const first = step.entries[0];
  if (first?.key.kind !== 'scalar' || !Object.hasOwn(table, first.key.text)) {
    return mapEntries(step, (entry) =>
      keyText(entry) === 'target' ? { key: entry.key, value: wrapped('container', entry.value) } : entry,
    ) as Mapping;
  }
  const shortcut = table[first.key.text]!;
  const place = first.value;
  const plain = (text: string) => textNode(text, place, 'plain');
  const byName = new Map(
    step.entries.map((entry) => [entry.key.kind === 'scalar' ? entry.key.text : entry.key.raw, entry]),
  );
  const inputs: Entry[] = [];
  const put = (name: string, value: Node) => inputs.push({ key: plain(name), value });
  for (const [name, text] of shortcut.constants ?? []) put(name!, plain(text!));
  for (const [key, input] of shortcut.inputs) {
    const value = byName.get(key!)?.value;
    // An option of empty text counts as not given; the step's own text is kept, empty or not.
    if (value && (key === first.key.text || value.kind !== 'scalar' || value.text !== '')) put(input!, value);
  }
  for (const [name, text] of shortcut.last ?? []) put(name!, plain(text!));
  const isSkipped = skippable.has(first.key.text) && first.value.kind === 'scalar' && first.value.text === 'none';
  // A condition of its own would stand there twice.
  if (isSkipped) byName.delete('condition');
  const entries: Entry[] = [{ key: plain('task'), value: plain(shortcut.task) }];
  for (const [name, entry] of byName) {
    if (name === 'target') entries.push({ key: entry.key, value: wrapped('container', entry.value) });
    else if (commonStepKeys.has(name)) entries.push(entry);
    else if (shortcut.rest && name !== first.key.text) put(name, entry.value);
  }
  if (isSkipped) entries.push({ key: plain('condition'), value: plain('false') });
  const { file, line, column } = step;
  entries.push({ key: plain('inputs'), value: { kind: 'mapping', entries: inputs, file, line, column } });
  return { ...step, entries };
}
