import type { PlannedOutput } from '../../jobs/plan.ts';
import { assetTypeOf, placeOutput, readOutputs } from '../../jobs/read-values.ts';
import { type Json, objectField, textField } from '../../wire-fields.ts';
import { type Binder, bindText } from './bind.ts';
import { badPipeline, type NodeContext } from './pipeline-scope.ts';
import { primitiveTypeOf } from './primitive-type.ts';

const PARENT_OUTPUT = /^\$\{\{\s*parent\.outputs\.([\w.-]+?)\s*\}\}$/;

/**
 * The outputs of a node: places of its own, or the pipeline's.
 * @param owner the run whose output counts as the pipeline's: the node's, or that of the loop whose body it is
 * @throws invalid (InvalidExpressionInJob) for a binding to what is no output of the pipeline
 */
export async function planOutputs(
  context: NodeContext,
  binder: Binder,
  node: Json,
  declared: Json,
  runId: string,
  owner: string,
): Promise<Record<string, PlannedOutput>> {
  const given = readOutputs(node);
  const outputs: Record<string, PlannedOutput> = {};
  for (const name of new Set([...Object.keys(declared), ...Object.keys(given)])) {
    const primitive = primitiveTypeOf(declared[name]) ?? primitiveTypeOf(objectField(node, 'outputs')[name]);
    const declaredType = primitive === undefined ? assetTypeOf(textField(declared[name], 'type')) : 'uri_file';
    const raw = given[name] ?? { kind: 'own' as const };
    const outer = raw.kind === 'bound' ? outerOutput(binder, name, raw.text) : undefined;
    if (raw.kind === 'bound' && outer) {
      const { target, output } = outer;
      const sources = binder.parent.sources.get(target) ?? [];
      sources.push({ runId: owner, output: name });
      binder.parent.sources.set(target, sources);
      // The pipeline's output is this one: same place, same registration, the pipeline's type. Clients send uri_folder where nobody said a
      // type (client source): then the component's own counts. Iterations of a loop have places of their own, unless the pipeline names one;
      // a value is a file of its own.
      if (primitive === undefined && (owner === runId || output.given)) {
        outputs[name] = { ...output, type: output.type === 'uri_folder' ? (declaredType ?? output.type) : output.type };
        continue;
      }
    }
    const own = raw.kind === 'own' ? raw : { kind: 'own' as const };
    const uri = own.uri === undefined ? undefined : await placeOf(binder, own.uri, name);
    const placed = placeOutput(name, { ...own, ...(uri === undefined ? {} : { uri }) }, declaredType, runId, context);
    outputs[name] = {
      ...placed,
      ...(uri === undefined
        ? {}
        : { uri: (await context.deps.data.resolveOutput(context.workspace, placed.uri)).uri, given: true }),
      ...(primitive === undefined ? {} : { primitive }),
    };
  }
  return outputs;
}

/** A place that is named with bindings inside; only with such whose values are known when the job is accepted. */
async function placeOf(binder: Binder, uri: string, name: string): Promise<string> {
  const { text, from } = await bindText(binder, uri, `output '${name}'`);
  if (from === undefined) return text;
  throw badPipeline(
    `The place of the output '${name}' of the node '${binder.key}' depends on a value that is only known later: ${uri}.`,
    'InvalidExpressionInJob',
    name,
  );
}

function outerOutput(binder: Binder, name: string, text: string): { target: string; output: PlannedOutput } {
  const target = PARENT_OUTPUT.exec(text.trim())?.[1];
  const output = target === undefined ? undefined : binder.parent.outputs[target];
  if (target !== undefined && output) return { target, output };
  const known = Object.keys(binder.parent.outputs);
  throw badPipeline(
    `The node '${binder.key}' binds its output '${name}' to ${text}, which is no output of the pipeline. ${known.length === 0 ? 'It has none.' : `It has ${known.join(', ')}.`}`,
    'InvalidExpressionInJob',
    name,
  );
}
