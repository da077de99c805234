import { invalid } from '../../kernel/errors.ts';
import type { RunValue, Workspace } from '../types.ts';
import { isObject, textField } from '../wire-fields.ts';
import type { DataReferences } from './data-reference.ts';
import type { ItemInputs, PlannedInput, RunPlan } from './plan.ts';
import { readInputs } from './read-values.ts';

/** The documented bound of a do_while's iterations; one job's iterations are kept in memory. */
export const ITERATION_LIMIT = 1000;

const bad = (message: string) =>
  invalid(message, {
    wire: 'UserError',
    target: 'items',
    details: ['BadArgument', 'ArgumentInvalid', 'InvalidPipelineJob', 'InvalidParallelForItems'],
  });

/**
 * The iterations of a parallel_for: a list of input sets, or an object of them whose keys are names (client source).
 * @param text JSON
 * @param body its own inputs are what an item can set
 * @param bind the value of a text of an item that holds expressions; without it, texts are taken as they are
 * @throws invalid, naming the item, for what is no list or object of objects with the inputs of the body; not-found for data that isn't there
 */
export async function readLoopItems(
  data: DataReferences,
  workspace: Workspace,
  text: string,
  body: RunPlan,
  bind?: (text: string, input: string) => Promise<PlannedInput | undefined>,
): Promise<ItemInputs[]> {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch (error) {
    throw bad(
      `The items of a parallel_for must be the JSON text of a list or an object, not '${text.slice(0, 100)}': ${(error as Error).message}`,
    );
  }
  const list = Array.isArray(read) ? read : isObject(read) ? Object.values(read) : undefined;
  if (list === undefined) throw bad('The items of a parallel_for must be a list or an object of input sets.');
  if (list.length === 0) throw bad('The items of a parallel_for are empty: it needs at least one.');
  if (list.length > ITERATION_LIMIT)
    throw bad(`The items of a parallel_for are ${list.length}; at most ${ITERATION_LIMIT} are allowed.`);
  const keys = Object.keys(isObject(list[0]) ? list[0] : {}).sort();
  const items: ItemInputs[] = [];
  for (const [index, item] of list.entries()) {
    if (!isObject(item)) throw bad(`Item ${index} of a parallel_for must be an object of inputs.`);
    const own = Object.keys(item).sort();
    if (own.join('\n') !== keys.join('\n'))
      throw bad(
        `Every item of a parallel_for sets the same inputs: item ${index} sets ${own.join(', ')}, the first one ${keys.join(', ')}.`,
      );
    const inputs: Record<string, PlannedInput> = {};
    for (const [name, raw] of Object.entries(readInputs({ inputs: item }))) {
      const declared = body.inputs[name];
      if (declared === undefined)
        throw bad(
          `Item ${index} of a parallel_for sets the input '${name}', which its body '${body.nodeKey}' does not have.`,
        );
      const mode = raw.mode ?? declared.mode;
      const written = raw.kind === 'literal' ? raw.value : raw.uri;
      const bound = await bind?.(written, name);
      if (bound) inputs[name] = bound;
      else if (raw.kind === 'literal' && declared.value.kind === 'literal')
        inputs[name] = { value: { kind: 'literal', value: written }, mode };
      else {
        const type =
          raw.kind === 'asset' && textField(item[name], 'jobInputType')
            ? raw.type
            : declared.value.kind === 'asset'
              ? declared.value.type
              : 'uri_folder';
        const { uri, assetId = written } = await data.resolve(workspace, written);
        const value: RunValue = { kind: 'asset', type, uri, assetId };
        inputs[name] = { value, mode };
      }
    }
    items.push(inputs);
  }
  return items;
}
