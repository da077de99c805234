/** A node of a graph without circles: the indices of the nodes that it waits for. */
export type RailNode = { readonly after: readonly number[] };

/** One node drawn: what stands in front of it, in front of lines that belong to it, and the line of joints below those. */
export type RailRow = {
  readonly index: number;
  readonly node: string;
  readonly body: string;
  readonly joints?: string;
  /** The next node stands right below and waits for this one: without a line between, the two would look as if neither waited. */
  readonly leadsToNext: boolean;
};

/** The lines of a node: itself, those that belong to it, and what shows that others wait for it. */
export function linesOfRow(row: RailRow, label: string, inside: readonly string[]): string[] {
  const { node, body, joints, leadsToNext } = row;
  const below = joints ?? (leadsToNext && inside.length === 0 ? body : undefined);
  return [
    `${node}${label}`,
    ...inside.map((line) => `${body}${line}`),
    ...(below === undefined ? [] : [below.trimEnd()]),
  ];
}

/**
 * Draws a dependency graph as rails beside a list, one node a line, like the history of a repository: a rail runs from a node to those that
 * wait for it. All strings of an answer are equally wide, two columns for each rail. Joints belong to the node above them.
 * @returns the rows, each node after what it waits for, otherwise in the order given
 */
export function drawRails(nodes: readonly RailNode[]): RailRow[] {
  const dependents = dependentsOf(nodes);
  const order = topological(nodes, dependents);
  const place = new Map(order.map((index, position) => [index, position]));
  for (const list of dependents) list.sort((a, b) => (place.get(a) ?? 0) - (place.get(b) ?? 0));
  /** Which node each rail leads to. */
  let rails: (number | undefined)[] = [];
  const rows = order.map((index) => {
    const own = rails.includes(index) ? rails.indexOf(index) : freeRail(rails);
    const before = [...rails];
    before[own] = index;
    const node = draw(before, (at) => (at === own ? '●' : before[at] === undefined ? ' ' : '│'));
    rails = [...before];
    rails[own] = undefined;
    const targets = (dependents[index] ?? []).map((dependent) => {
      const at = rails.includes(dependent)
        ? rails.indexOf(dependent)
        : rails[own] === undefined
          ? own
          : freeRail(rails);
      rails[at] = dependent;
      return at;
    });
    const body = draw(before, (at) =>
      at === own ? (targets.length > 0 ? '│' : ' ') : before[at] === undefined ? ' ' : '│',
    );
    const others = targets.filter((at) => at !== own);
    const joints = others.length > 0 ? drawJoints(own, others, before, rails) : undefined;
    while (rails.length > 0 && rails.at(-1) === undefined) rails.pop();
    return { index, node, body, ...(joints === undefined ? {} : { joints }) };
  });
  const width = Math.max(0, ...rows.map(({ node, joints = '' }) => Math.max(node.length, joints.length)));
  return rows.map((row, position) => ({
    index: row.index,
    node: row.node.padEnd(width),
    body: row.body.padEnd(width),
    leadsToNext: leadsTo(row, rows[position + 1]?.node),
    ...(row.joints === undefined ? {} : { joints: row.joints.padEnd(width) }),
  }));
}

/** Whether the rail of a node goes on below it and the next node is what it meets first. */
function leadsTo({ node, body }: { readonly node: string; readonly body: string }, next = ''): boolean {
  const own = node.indexOf('●');
  return body[own] === '│' && next[own] === '●';
}

/** The nodes that wait for each node. */
function dependentsOf(nodes: readonly RailNode[]): number[][] {
  const dependents: number[][] = nodes.map(() => []);
  for (const [index, { after }] of nodes.entries()) for (const one of new Set(after)) dependents[one]?.push(index);
  return dependents;
}

/** Each node after what it waits for; of those that could come next, the first of the list. A circle, which no plan has, is left out. */
function topological(nodes: readonly RailNode[], dependents: readonly (readonly number[])[]): number[] {
  const waits = nodes.map(({ after }) => new Set(after).size);
  const ready = waits.flatMap((count, index) => (count === 0 ? [index] : []));
  const order: number[] = [];
  for (let next = ready.shift(); next !== undefined; next = ready.shift()) {
    order.push(next);
    for (const one of dependents[next] ?? []) {
      waits[one] = waits[one]! - 1;
      if (waits[one] !== 0) continue;
      const at = ready.findIndex((other) => other > one);
      ready.splice(at < 0 ? ready.length : at, 0, one);
    }
  }
  return order;
}

function freeRail(rails: readonly (number | undefined)[]): number {
  const free = rails.indexOf(undefined);
  return free < 0 ? rails.length : free;
}

function draw(rails: readonly unknown[], character: (at: number) => string): string {
  return Array.from(rails, (_, at) => `${character(at)} `).join('');
}

/** The line in which the rails of one node part and join: `├─╮`, `╰─┤`. A rail that only passes is drawn through. */
function drawJoints(
  own: number,
  others: readonly number[],
  before: readonly (number | undefined)[],
  after: readonly (number | undefined)[],
): string {
  const first = Math.min(own, ...others);
  const last = Math.max(own, ...others);
  const length = Math.max(before.length, after.length);
  let line = '';
  for (let at = 0; at < length; at++) {
    const isJoint = at === own || others.includes(at);
    const up = before[at] !== undefined;
    const down = after[at] !== undefined;
    const left = at > first && at <= last;
    const right = at >= first && at < last;
    if (isJoint) line += jointOf(up, down, left, right);
    else line += up ? '│' : left || right ? '─' : ' ';
    line += right ? '─' : ' ';
  }
  return line;
}

const joints: Readonly<Record<string, string>> = {
  udlr: '┼',
  udl: '┤',
  udr: '├',
  ulr: '┴',
  dlr: '┬',
  ul: '╯',
  ur: '╰',
  dl: '╮',
  dr: '╭',
};

function jointOf(up: boolean, down: boolean, left: boolean, right: boolean): string {
  return joints[`${up ? 'u' : ''}${down ? 'd' : ''}${left ? 'l' : ''}${right ? 'r' : ''}`] ?? '│';
}
