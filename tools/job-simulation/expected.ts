import { COMPONENTS, type ComponentName, type DefinedNode, type DefinedPipeline, type Source } from './definition.ts';
import { hashOf } from './random.ts';

/** How a node ends when nobody cancels anything; `unsure` where it rests on which of two others ended first. */
export type Ending = 'completed' | 'failed' | 'skipped' | 'canceled' | 'unsure';

export type Expected = {
  readonly ending: Ending;
  /** What it reads, for commands: texts, and what the data says. */
  readonly inputs?: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
};

/** What a command does with what it reads: the same whenever it is the same. `undefined`: it fails. */
export function behave(
  component: string,
  inputs: Readonly<Record<string, string>>,
): Record<string, string> | undefined {
  const hash = hashOf(`${component} ${JSON.stringify(Object.entries(inputs).sort())}`);
  if (component === 'count') {
    const next = Number(inputs['n']) + 1;
    return { next: String(next), again: next < 3 ? 'True' : 'false' };
  }
  if (hash % 9 === 0) return undefined;
  const data = `${component}-${hash.toString(16)}`;
  return component === 'test' ? { data, ok: (hash >> 4) % 2 === 0 ? 'true' : 'False' } : { data };
}

/**
 * What is to become of a pipeline, worked out from its definition alone: how each run ends, by its path, and what it reads.
 * @param into filled: `/n1` for a node, `/n1/#0` for an iteration of a loop
 */
export function expect(
  pipeline: DefinedPipeline,
  inputs: Readonly<Record<string, string>>,
  path: string,
  into: Map<string, Expected>,
): Expected {
  const results = new Map<string, Expected>();
  const conditions = new Map<string, { ending: Ending; chosen: boolean }>();
  const blocks = new Map<string, { condition: string; branch: boolean }>();
  for (const node of pipeline.nodes) {
    if (node.kind !== 'if_else') continue;
    for (const key of node.yes) blocks.set(key, { condition: node.key, branch: true });
    for (const key of node.no) blocks.set(key, { condition: node.key, branch: false });
  }
  for (const node of pipeline.nodes) {
    const verdicts: ('met' | 'skip' | 'cancel' | 'unsure')[] = [];
    const block = blocks.get(node.key);
    if (block) {
      const condition = conditions.get(block.condition) as { ending: Ending; chosen: boolean };
      verdicts.push(
        condition.ending === 'completed'
          ? condition.chosen === block.branch
            ? 'met'
            : 'skip'
          : verdictOn(condition.ending, false),
      );
    }
    const read: Record<string, string> = {};
    for (const [name, source, optional] of sourcesOf(node)) {
      const producer = producerOf(source);
      const result = producer === undefined ? undefined : results.get(producer);
      if (result) verdicts.push(verdictOn(result.ending, optional));
      if (result && result.ending !== 'completed') continue;
      const value = givenBy(source, inputs, results);
      if (value !== undefined) read[name] = value;
    }
    const held = new Set(verdicts.filter((verdict) => verdict !== 'met'));
    let result: Expected;
    if (held.size > 1 || held.has('unsure')) result = { ending: 'unsure', outputs: {} };
    else if (held.has('skip')) result = { ending: 'skipped', outputs: {} };
    else if (held.has('cancel')) result = { ending: 'canceled', outputs: {} };
    else result = run(node, read, `${path}/${node.key}`, into);
    if (node.kind === 'if_else')
      conditions.set(node.key, { ending: result.ending, chosen: (read['condition'] ?? '').toLowerCase() === 'true' });
    results.set(node.key, result);
    if (node.kind === 'do_while') results.set(node.body.key, result);
    into.set(`${path}/${node.key}`, result);
  }
  const endings = [...results.values()].map((result) => result.ending);
  const ending = endings.includes('failed')
    ? 'failed'
    : endings.includes('unsure')
      ? 'unsure'
      : endings.includes('canceled')
        ? 'canceled'
        : 'completed';
  const made = pipeline.made === undefined ? undefined : results.get(pipeline.made)?.outputs['data'];
  return { ending, outputs: made === undefined ? {} : { made } };
}

function run(
  node: DefinedNode,
  read: Readonly<Record<string, string>>,
  path: string,
  into: Map<string, Expected>,
): Expected {
  switch (node.kind) {
    case 'if_else':
      return { ending: 'completed', outputs: {} };
    case 'command':
      return command(node.component, read);
    case 'pipeline':
      return expect(node.pipeline, read, path, into);
    case 'do_while': {
      let n = read['n'] as string;
      for (let index = 0; ; index += 1) {
        const one = command('count', { n });
        into.set(`${path}/#${index}`, one);
        n = one.outputs['next'] as string;
        if (index + 1 >= node.limit || (node.checked && one.outputs['again'] !== 'True'))
          return { ending: one.ending, outputs: one.outputs };
      }
    }
    case 'parallel_for': {
      const all = node.items.map((item, index) => {
        const one = run(node.body, { ...read, ...item }, `${path}/#${index}`, into);
        into.set(`${path}/#${index}`, one);
        return one;
      });
      if (all.some((one) => one.ending === 'failed')) return { ending: 'failed', outputs: {} };
      if (all.some((one) => one.ending !== 'completed')) return { ending: 'unsure', outputs: {} };
      if (node.body.kind === 'pipeline' && node.body.pipeline.made === undefined)
        return { ending: 'completed', outputs: {} };
      const output = node.body.kind === 'command' ? 'data' : 'made';
      return { ending: 'completed', outputs: { [output]: all.map((one) => one.outputs[output] ?? '').join('+') } };
    }
  }
}

function command(component: ComponentName, inputs: Readonly<Record<string, string>>): Expected {
  const outputs = behave(component, inputs);
  return outputs ? { ending: 'completed', inputs, outputs } : { ending: 'failed', inputs, outputs: {} };
}

function verdictOn(ending: Ending, optional: boolean): 'met' | 'skip' | 'cancel' | 'unsure' {
  if (ending === 'completed') return 'met';
  if (ending === 'unsure') return 'unsure';
  if (ending === 'skipped') return optional ? 'met' : 'skip';
  return ending === 'failed' && optional ? 'met' : 'cancel';
}

function* sourcesOf(node: DefinedNode): Generator<[string, Source, boolean]> {
  if (node.kind === 'if_else') yield ['condition', node.condition, false];
  const owner = node.kind === 'do_while' || node.kind === 'parallel_for' ? node.body : node;
  if (!('inputs' in owner)) return;
  for (const [name, source] of Object.entries(owner.inputs))
    yield [
      name,
      source,
      owner.kind === 'command' &&
        COMPONENTS[owner.component].inputs[name]?.optional === true &&
        source.kind !== 'around',
    ];
}

function producerOf(source: Source): string | undefined {
  if (source.kind === 'output') return source.node;
  return source.kind === 'around' ? producerOf(source.of) : undefined;
}

function givenBy(
  source: Source,
  inputs: Readonly<Record<string, string>>,
  results: ReadonlyMap<string, Expected>,
): string | undefined {
  switch (source.kind) {
    case 'text':
      return source.text;
    case 'input':
      return inputs[source.input];
    case 'output':
      return results.get(source.node)?.outputs[source.output];
    case 'around':
      return `${source.text}${givenBy(source.of, inputs, results) ?? ''}`;
  }
}
