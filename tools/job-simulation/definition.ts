import type { Random } from './random.ts';

/** Where a node's input comes from. */
export type Source =
  | { readonly kind: 'text'; readonly text: string }
  /** An input of the pipeline around. */
  | { readonly kind: 'input'; readonly input: string }
  | { readonly kind: 'output'; readonly node: string; readonly output: string }
  /** Text around a value. */
  | { readonly kind: 'around'; readonly text: string; readonly of: Source };

/** What a component of the simulation is called; `use` and `test` read data, `count` a number. */
export type ComponentName = 'make' | 'use' | 'test' | 'count';

export type DefinedNode =
  | {
      readonly kind: 'command';
      readonly key: string;
      readonly component: ComponentName;
      readonly inputs: Sources;
      /** The asset that its data becomes. */
      readonly asset?: string;
    }
  | { readonly kind: 'pipeline'; readonly key: string; readonly pipeline: DefinedPipeline; readonly inputs: Sources }
  | {
      readonly kind: 'if_else';
      readonly key: string;
      readonly condition: Source;
      readonly yes: readonly string[];
      readonly no: readonly string[];
    }
  | {
      readonly kind: 'do_while';
      readonly key: string;
      readonly body: BodyNode;
      readonly checked: boolean;
      readonly limit: number;
    }
  | {
      readonly kind: 'parallel_for';
      readonly key: string;
      readonly body: BodyNode;
      readonly items: readonly Readonly<Record<string, string>>[];
      readonly most?: number;
    };
export type Sources = Readonly<Record<string, Source>>;
export type BodyNode = Extract<DefinedNode, { readonly kind: 'command' | 'pipeline' }>;

export type DefinedPipeline = {
  readonly name: string;
  /** Inputs by name: a text, or data. */
  readonly inputs: Readonly<Record<string, 'text' | 'data'>>;
  /** In an order in which each reads only earlier ones. */
  readonly nodes: readonly DefinedNode[];
  /** The node whose data is the pipeline's output `made`. */
  readonly made?: string;
};

/** Which inputs of the components are data, and which may be left out. */
export const COMPONENTS: Readonly<
  Record<
    ComponentName,
    {
      inputs: Readonly<Record<string, { type: 'text' | 'data' | 'number'; optional?: true }>>;
      outputs: readonly string[];
    }
  >
> = {
  make: { inputs: { word: { type: 'text', optional: true } }, outputs: ['data'] },
  use: {
    inputs: { data: { type: 'data' }, extra: { type: 'data', optional: true }, word: { type: 'text', optional: true } },
    outputs: ['data'],
  },
  test: {
    inputs: { data: { type: 'data', optional: true }, word: { type: 'text', optional: true } },
    outputs: ['ok', 'data'],
  },
  count: { inputs: { n: { type: 'number' } }, outputs: ['next', 'again'] },
};

const WORDS = ['a', 'b', 'c', 'd'];

/** Draws a pipeline: data and values flow from node to node, through conditions, loops and pipelines in it. */
export function drawPipeline(
  random: Random,
  depth: number,
  name = 'root',
  inputs: DefinedPipeline['inputs'] = {},
): DefinedPipeline {
  const nodes: DefinedNode[] = [];
  const data: Source[] = [];
  const values: Source[] = [];
  const flags: Source[] = [];
  const inBlock = new Set<string>();
  for (const [input, type] of Object.entries(inputs)) (type === 'data' ? data : values).push({ kind: 'input', input });
  const text = (): Source => {
    if (values.length === 0 || random.once(2)) return { kind: 'text', text: random.pick(WORDS) };
    const of = random.pick(values);
    return random.once(3) ? { kind: 'around', text: 'x-', of } : of;
  };
  const drawInputs = (component: ComponentName): Sources => {
    const drawn: Record<string, Source> = {};
    for (const [input, { type, optional }] of Object.entries(COMPONENTS[component].inputs)) {
      if (optional && random.once(2)) continue;
      if (type === 'data' && data.length === 0) continue;
      drawn[input] =
        type === 'data'
          ? random.pick(data)
          : type === 'number'
            ? { kind: 'text', text: String(random.below(4)) }
            : text();
    }
    return drawn;
  };
  const drawBody = (key: string, settable: readonly string[]): BodyNode => {
    if (depth > 0 && random.once(3)) {
      const pipeline = drawPipeline(random, depth - 1, `${name}-${key}`, { word: 'text' });
      return { kind: 'pipeline', key, pipeline, inputs: settable.includes('word') ? {} : { word: text() } };
    }
    const component = data.length > 0 && random.once(2) ? 'use' : 'make';
    const drawn = Object.entries(drawInputs(component)).filter(([input]) => !settable.includes(input));
    return { kind: 'command', key, component, inputs: Object.fromEntries(drawn) };
  };

  const count = 2 + random.below(depth > 0 ? 6 : 3);
  for (let index = 0; index < count; index += 1) {
    const key = `n${index}`;
    const output = (of: string): Source => ({ kind: 'output', node: key, output: of });
    const choice = random.below(12);
    if (choice < 6) {
      const component =
        data.length > 0 ? random.pick(['make', 'use', 'use', 'test'] as const) : random.pick(['make', 'test'] as const);
      const asset = random.once(3) ? { asset: random.pick(['one', 'other']) } : {};
      nodes.push({ kind: 'command', key, component, inputs: drawInputs(component), ...asset });
      data.push(output('data'));
      if (component === 'test') flags.push(output('ok'));
    } else if (choice < 7) {
      nodes.push({ kind: 'command', key, component: 'count', inputs: drawInputs('count') });
      values.push(output('next'));
      flags.push(output('again'));
    } else if (choice < 8 && depth > 0) {
      const pipeline = drawPipeline(random, depth - 1, `${name}-${key}`, {
        word: 'text',
        ...(data.length > 0 ? { data: 'data' as const } : {}),
      });
      nodes.push({
        kind: 'pipeline',
        key,
        pipeline,
        inputs: { word: text(), ...(data.length > 0 ? { data: random.pick(data) } : {}) },
      });
      if (pipeline.made) data.push(output('made'));
    } else if (choice < 9) {
      const body: BodyNode = {
        kind: 'command',
        key: `${key}-body`,
        component: 'count',
        inputs: { n: { kind: 'text', text: String(random.below(3)) } },
      };
      nodes.push({ kind: 'do_while', key, body, checked: !random.once(4), limit: 1 + random.below(4) });
      values.push({ kind: 'output', node: body.key, output: 'next' });
    } else if (choice < 11) {
      const body = drawBody(`${key}-body`, ['word']);
      const items = Array.from({ length: 1 + random.below(3) }, () => ({ word: random.pick(WORDS) }));
      nodes.push({ kind: 'parallel_for', key, body, items, ...(random.once(2) ? { most: 1 + random.below(2) } : {}) });
      if (body.kind === 'command') data.push(output('data'));
      else if (body.pipeline.made) data.push(output('made'));
    } else {
      // A condition on what is there, with blocks of nodes that come after what they read anyway.
      const condition =
        flags.length > 0 ? random.pick(flags) : ({ kind: 'text', text: random.pick(['true', 'False']) } as const);
      const blocks: { yes: string[]; no: string[] } = { yes: [], no: [] };
      const made: DefinedNode[] = [];
      for (const side of random.pick([['yes'], ['no'], ['yes', 'no']] as const)) {
        const inner = `${key}-${side}`;
        const component = data.length > 0 ? 'use' : 'make';
        made.push({ kind: 'command', key: inner, component, inputs: drawInputs(component) });
        blocks[side].push(inner);
        inBlock.add(inner);
      }
      nodes.push({ kind: 'if_else', key, condition, ...blocks }, ...made);
      for (const one of made) data.push({ kind: 'output', node: one.key, output: 'data' });
    }
  }
  const makers = nodes.filter(
    (node) => node.kind === 'command' && node.component !== 'count' && !inBlock.has(node.key),
  );
  return { name, inputs, nodes, ...(makers.length > 0 ? { made: random.pick(makers).key } : {}) };
}
