import type { Need, PlannedInput, PlannedOutput, ValueReference } from '../../jobs/plan.ts';
import { textOfValue } from '../../jobs/read-values.ts';
import type { RunValue } from '../../types.ts';
import { badPipeline, type Parent, type PlanOf } from './pipeline-scope.ts';

const BINDING = /\$\{\{\s*parent\.(inputs|jobs)\.([\w.-]+?)\s*\}\}/g;
const WHOLE = /^\s*\$\{\{\s*parent\.(inputs|jobs)\.([\w.-]+?)\s*\}\}\s*$/;

/** What a binding refers to, as far as it is known when the job is planned. */
export type Bound = {
  /** The value that is expected; undefined for an input of the pipeline that has none. */
  readonly value: RunValue | undefined;
  /** Where the value is taken from when the node starts; without it, `value` is what it is. */
  readonly from?: ValueReference;
  /** The output of a node. */
  readonly output?: PlannedOutput;
};

export type Binder = {
  readonly parent: Parent;
  readonly planOf: PlanOf;
  /** The node that binds. */
  readonly key: string;
  /** What the node has to wait for, by run; filled. */
  readonly needs: Map<string, Need>;
  /** Whether a failed producer takes only an optional input away. */
  readonly continueOnFailedOptionalInput: boolean;
};

/**
 * Resolves one binding: `parent.inputs.x`, with groups `parent.inputs.g.x`, or `parent.jobs.n.outputs.y`; either with `.path` behind it.
 * @param what for messages: `input 'data'`
 * @throws invalid (InvalidExpressionInJob) for a node or an output that isn't there
 */
async function bound(binder: Binder, area: string, path: string, what: string, optionalInput?: string): Promise<Bound> {
  const { parent, planOf, key, needs } = binder;
  const unknown = (found: string) =>
    badPipeline(
      `The node '${key}' binds its ${what} to \${{parent.${area}.${path}}}, which does not exist: ${found}.`,
      'InvalidExpressionInJob',
    );
  if (area === 'inputs') {
    const name = parent.inputs[path] === undefined ? path.replace(/\.path$/, '') : path;
    const input = parent.inputs[name];
    const isLater = input?.from !== undefined || (parent.inLoop && input !== undefined);
    return { value: input?.value, ...(isLater ? { from: { runId: parent.runId, input: name } } : {}) };
  }
  const [source = '', kind, ...rest] = path.split('.');
  if (kind !== 'outputs' || rest.length === 0) throw unknown('a binding to a node is parent.jobs.NODE.outputs.OUTPUT');
  const producer = await planOf(source, key);
  const name = producer.outputs[rest.join('.')] === undefined ? rest.join('.').replace(/\.path$/, '') : rest.join('.');
  const output = producer.outputs[name];
  if (!output) {
    const known = Object.keys(producer.outputs);
    throw unknown(
      known.length === 0 ? `'${source}' has no outputs` : `the outputs of '${source}' are ${known.join(', ')}`,
    );
  }
  const before = needs.get(producer.runId);
  const isSoft = optionalInput !== undefined && binder.continueOnFailedOptionalInput;
  if (before === undefined || before.optionalInput !== undefined)
    needs.set(producer.runId, { runId: producer.runId, ...(isSoft ? { optionalInput } : {}) });
  const value: RunValue =
    output.primitive === undefined
      ? { kind: 'asset', type: output.type, uri: output.uri }
      : { kind: 'literal', value: `\${{parent.jobs.${path}}}` };
  return { value, from: { runId: producer.runId, output: name }, output };
}

/** The single binding that a text is; undefined for any other text. */
export async function bindWhole(
  binder: Binder,
  text: string,
  what: string,
  optionalInput?: string,
): Promise<Bound | undefined> {
  const match = WHOLE.exec(text);
  return match ? bound(binder, match[1] as string, match[2] as string, what, optionalInput) : undefined;
}

/** A text with its bindings replaced; `from` when one of them is known only later. */
export async function bindText(
  binder: Binder,
  text: string,
  what: string,
): Promise<{ text: string; from?: NonNullable<PlannedInput['from']> }> {
  if (!text.includes('${{')) return { text };
  const parts: (string | ValueReference)[] = [];
  let full = '';
  let end = 0;
  let isLater = false;
  for (const match of text.matchAll(BINDING)) {
    const before = text.slice(end, match.index);
    const { value, from } = await bound(binder, match[1] as string, match[2] as string, what);
    const known = value === undefined ? '' : textOfValue(value);
    full += before + known;
    parts.push(before, from ?? known);
    isLater ||= from !== undefined;
    end = match.index + match[0].length;
  }
  full += text.slice(end);
  parts.push(text.slice(end));
  return { text: full, ...(isLater ? { from: parts.filter((part) => part !== '') } : {}) };
}
