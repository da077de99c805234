import { DomainError } from '../../../kernel/errors.ts';
import type { InputMode, PlannedInput } from '../../jobs/plan.ts';
import { assetTypeOf, type RawInput, readInputs } from '../../jobs/read-values.ts';
import type { RunValue } from '../../types.ts';
import { flagField, type Json, textField } from '../../wire-fields.ts';
import { type Binder, bindText, bindWhole } from './bind.ts';
import { misfit } from './check-literal.ts';
import { badPipeline, type NodeContext } from './pipeline-scope.ts';
import { primitiveTypeOf } from './primitive-type.ts';

export type NodeInputs = {
  readonly context: NodeContext;
  readonly binder: Binder;
  readonly node: Json;
  /** The inputs of the node's component; undefined for a node that is its own. */
  readonly declared: Json | undefined;
  /** Inputs that something else gives values to, by name. */
  readonly elsewhere: Json;
  /** The body of a loop: an input without a value may get one from each iteration. */
  readonly isBody: boolean;
};

/**
 * The inputs of a node: what it sets, else the component's defaults.
 * @throws invalid (InvalidComponentJobInput) for an input that the component doesn't have, that is missing, or whose value doesn't fit
 */
export async function planInputs(request: NodeInputs): Promise<Record<string, PlannedInput>> {
  const { declared, node, binder, elsewhere } = request;
  const { key } = binder;
  const given = readInputs(node);
  for (const name of Object.keys(given))
    if (declared && declared[name] === undefined && !name.includes('.'))
      throw badPipeline(
        `The node '${key}' sets the input '${name}', which its component does not have.${namesOf(declared)}`,
        'InvalidComponentJobInput',
        name,
      );
  const inputs: Record<string, PlannedInput> = {};
  for (const name of new Set([...Object.keys(declared ?? {}), ...Object.keys(given)])) {
    if (elsewhere[name] !== undefined) continue;
    const declaration = declared?.[name];
    const optional = flagField(declaration, 'optional') ?? false;
    const fallback = textField(declaration, 'default');
    const raw = given[name];
    const planned = raw === undefined ? undefined : await planInput(request, name, raw, declaration);
    if (planned) inputs[name] = planned;
    else if (fallback !== undefined)
      inputs[name] = { value: { kind: 'literal', value: fallback }, mode: modeOf(declaration) };
    else if (request.isBody && declaration !== undefined) inputs[name] = toBeSet(declaration, optional);
    else if (declaration !== undefined && !optional)
      throw badPipeline(
        `The node '${key}' gives no value for the required input '${name}'.`,
        'InvalidComponentJobInput',
        name,
      );
  }
  return inputs;
}

function namesOf(declared: Json): string {
  const names = Object.keys(declared);
  return names.length === 0 ? ' It has none.' : ` It has ${names.join(', ')}.`;
}

/** An input that only the iterations of a loop may give a value to. */
function toBeSet(declaration: unknown, optional: boolean): PlannedInput {
  const type = assetTypeOf(textField(declaration, 'type'));
  return {
    value: type === undefined ? { kind: 'literal', value: '' } : { kind: 'asset', type, uri: '' },
    mode: modeOf(declaration),
    from: [],
    ...(optional ? { optional } : {}),
  };
}

async function planInput(
  { context, binder }: NodeInputs,
  name: string,
  raw: RawInput,
  declaration: unknown,
): Promise<PlannedInput | undefined> {
  const mode = raw.mode ?? modeOf(declaration);
  const optional = flagField(declaration, 'optional') ?? false;
  const fallback = textField(declaration, 'default');
  const wanted = assetTypeOf(textField(declaration, 'type'));
  const text = raw.kind === 'literal' ? raw.value : raw.uri;
  const misfitting = (expected: string, given: string) =>
    badPipeline(
      `The node '${binder.key}' gives its input '${name}' ${given}; its component expects ${expected}.`,
      'InvalidComponentJobInput',
      name,
    );
  const fitting = (value: RunValue, isKnown: boolean): RunValue => {
    const primitive = primitiveTypeOf(declaration);
    if (value.kind === 'asset') {
      if (primitive !== undefined) throw misfitting(`a value of the type ${primitive}`, `data (${value.type})`);
      return value;
    }
    // What is only known when the node starts has no text yet.
    const expected = isKnown ? misfit(declaration, value.value) : undefined;
    if (expected !== undefined) throw misfitting(expected, `the value '${value.value.slice(0, 200)}'`);
    return value;
  };
  /** Where the data of the input lies. A text that names no data is the node's fault, and said so. */
  const placeOf = async (reference: string): Promise<{ uri: string; assetId?: string }> => {
    try {
      const { uri, assetId } = await context.deps.data.resolve(context.workspace, reference);
      return assetId === undefined ? { uri } : { uri, assetId };
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== 'invalid') throw error;
      const message = `The node '${binder.key}' gives its input '${name}' no data: ${error.message}`;
      throw badPipeline(message, 'InvalidComponentJobInput', name);
    }
  };
  const whole = await bindWhole(binder, text, `input '${name}'`, optional ? name : undefined);
  if (whole) {
    const { value, from, output } = whole;
    if (value === undefined) {
      if (optional || fallback !== undefined) return undefined;
      throw badPipeline(
        `The node '${binder.key}' binds its input '${name}' to ${text.trim()}, which has no value.`,
        'InvalidExpressionInJob',
        name,
      );
    }
    if (output?.primitive !== undefined && wanted !== undefined)
      throw misfitting(`data (${wanted})`, `the ${output.primitive} ${text.trim()}`);
    const later =
      from === undefined ? {} : { from: [from], ...(optional ? { optional } : {}), ...fallbackOf(fallback) };
    if (value.kind === 'asset' || wanted === undefined)
      return { value: fitting(value, from === undefined), mode, ...later };
    // A pipeline's input may hold a URI as plain text where the component wants data.
    const place = from === undefined ? await placeOf(value.value) : { uri: '' };
    return { value: { kind: 'asset', type: wanted, ...place }, mode, ...later };
  }
  const { text: full, from } = await bindText(binder, text, `input '${name}'`);
  const later = from === undefined ? {} : { from };
  if (raw.kind === 'literal' && wanted === undefined)
    return { value: fitting({ kind: 'literal', value: full }, from === undefined), mode, ...later };
  const place = from === undefined ? await placeOf(full) : { uri: full };
  const type = raw.kind === 'asset' ? raw.type : (wanted ?? 'uri_folder');
  return { value: fitting({ kind: 'asset', type, assetId: full, ...place }, true), mode, ...later };
}

function fallbackOf(text: string | undefined): Pick<PlannedInput, 'fallback'> {
  return text === undefined ? {} : { fallback: { kind: 'literal', value: text } };
}

function modeOf(declaration: unknown): InputMode {
  const text = textField(declaration, 'mode');
  if (text === undefined) return 'ReadOnlyMount';
  return readInputs({ inputs: { x: { value: '', mode: text } } })['x']?.mode ?? 'ReadOnlyMount';
}
