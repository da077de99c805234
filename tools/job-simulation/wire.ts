import {
  COMPONENTS,
  type ComponentName,
  type DefinedNode,
  type DefinedPipeline,
  type Source,
  type Sources,
} from './definition.ts';

type Json = Record<string, unknown>;

const TYPES = { text: 'string', number: 'integer', data: 'uri_folder' } as const;
const PRIMITIVES: Readonly<Record<string, string>> = { ok: 'boolean', again: 'boolean', next: 'integer' };

/** The components of the simulation as they lie in the workspace. */
export function commandComponents(deterministic: (name: ComponentName) => boolean): Record<string, Json> {
  const specs = Object.entries(COMPONENTS).map(([name, { inputs, outputs }]) => [
    name,
    {
      name,
      version: '1',
      type: 'command',
      command: name,
      environment: 'azureml:e:1',
      is_deterministic: deterministic(name as ComponentName),
      inputs: Object.fromEntries(
        Object.entries(inputs).map(([input, { type, optional }]) => [
          input,
          { type: TYPES[type], ...(optional ? { optional } : {}) },
        ]),
      ),
      outputs: Object.fromEntries(outputs.map((output) => [output, { type: PRIMITIVES[output] ?? 'uri_folder' }])),
    },
  ]);
  return Object.fromEntries(specs);
}

/** A pipeline as a job's body, with the pipelines in it as components. */
export function wireOf(pipeline: DefinedPipeline, components: Record<string, Json>): Json {
  const jobs: Json = {};
  for (const node of pipeline.nodes) {
    if (node.kind === 'do_while' || node.kind === 'parallel_for')
      jobs[node.body.key] = wireNode(node.body, pipeline, components);
    jobs[node.key] = wireNode(node, pipeline, components);
  }
  // Nothing may depend on the order in which nodes are written.
  return Object.fromEntries(Object.entries(jobs).reverse());
}

function wireNode(node: DefinedNode, pipeline: DefinedPipeline, components: Record<string, Json>): Json {
  const to = (key: string) => `\${{parent.jobs.${key}}}`;
  switch (node.kind) {
    case 'command': {
      const outputs =
        node.key === pipeline.made
          ? { outputs: { data: { value: '${{parent.outputs.made}}', type: 'literal' } } }
          : node.asset === undefined
            ? {}
            : { outputs: { data: { job_output_type: 'uri_folder', name: node.asset } } };
      return { ...wireCommand(node.component, node.inputs), ...outputs };
    }
    case 'pipeline': {
      const { name, inputs, made } = node.pipeline;
      components[name] = {
        name,
        version: '1',
        type: 'pipeline',
        inputs: Object.fromEntries(Object.entries(inputs).map(([input, type]) => [input, { type: TYPES[type] }])),
        outputs: made === undefined ? {} : { made: { type: 'uri_folder' } },
        jobs: wireOf(node.pipeline, components),
      };
      return { type: 'pipeline', componentId: `azureml:${name}:1`, inputs: wireInputs(node.inputs) };
    }
    case 'if_else':
      return {
        type: 'if_else',
        condition: textOf(node.condition),
        true_block: node.yes.map(to),
        false_block: node.no.map(to),
      };
    case 'do_while':
      return {
        type: 'do_while',
        body: to(node.body.key),
        mapping: { next: ['n'] },
        limits: { max_iteration_count: node.limit },
        ...(node.checked ? { condition: 'again' } : {}),
      };
    case 'parallel_for':
      return {
        type: 'parallel_for',
        body: to(node.body.key),
        items: JSON.stringify(node.items),
        ...(node.most === undefined ? {} : { max_concurrency: node.most }),
      };
  }
}

/** A node of one of the components. */
export function wireCommand(component: ComponentName, inputs: Sources): Json {
  return { type: 'command', componentId: `azureml:${component}:1`, inputs: wireInputs(inputs) };
}

function wireInputs(inputs: Sources): Json {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, source]) => [name, { job_input_type: 'literal', value: textOf(source) }]),
  );
}

function textOf(source: Source): string {
  switch (source.kind) {
    case 'text':
      return source.text;
    case 'input':
      return `\${{parent.inputs.${source.input}}}`;
    case 'output':
      return `\${{parent.jobs.${source.node}.outputs.${source.output}}}`;
    case 'around':
      return `${source.text}${textOf(source.of)}`;
  }
}
