import { DEFAULT_STAGE, type GraphJob, type GraphStage, type PlanGraph } from './plan-graph.ts';
import { plainText } from './text-width.ts';

/** A graph as Mermaid draws it, for Markdown: a stage is a subgraph, a matrix job a stack, a deployment a rounded box. */
export function mermaidText(graph: PlanGraph): string {
  const lines = ['flowchart LR'];
  const quote = (parts: readonly string[]) =>
    // Mermaid reads entities; a bare quote, bracket or hash would end the label or be taken for markup.
    `"${parts.map((part) => part.replace(/[^\p{L}\p{N} .,:;_×'/-]/gu, (one) => `#${one.codePointAt(0)};`)).join('<br/>')}"`;
  for (const [number, stage] of graph.stages.entries()) {
    const isPlain = stage.name === DEFAULT_STAGE;
    if (!isPlain) lines.push(`  subgraph s${number}[${quote(stageParts(stage))}]`);
    for (const [index, job] of stage.jobs.entries()) {
      const label = quote(jobParts(job));
      const shape = job.kind === 'deployment' ? `([${label}])` : hasLegs(job) ? `[[${label}]]` : `[${label}]`;
      lines.push(`    s${number}j${index}${shape}`);
    }
    for (const [from, to] of edges(stage.jobs)) lines.push(`    s${number}j${from} --> s${number}j${to}`);
    if (!isPlain) lines.push('  end');
  }
  for (const [from, to] of edges(graph.stages)) lines.push(`  s${from} --> s${to}`);
  return `${lines.join('\n')}\n`;
}

/** A graph in the language of Graphviz: a stage is a cluster; edges between stages run between clusters. */
export function dotText(graph: PlanGraph): string {
  const quote = (parts: readonly string[]) =>
    `"${parts.map((part) => part.replace(/[\\"]/g, (one) => `\\${one}`)).join('\\n')}"`;
  const lines = ['digraph pipeline {', '  rankdir=LR;', '  compound=true;', '  node [shape=box];'];
  for (const [number, stage] of graph.stages.entries()) {
    const isPlain = stage.name === DEFAULT_STAGE;
    if (!isPlain) lines.push(`  subgraph cluster_s${number} {`, `    label=${quote(stageParts(stage))};`);
    for (const [index, job] of stage.jobs.entries()) {
      const style = job.kind === 'deployment' ? ', style=rounded' : hasLegs(job) ? ', peripheries=2' : '';
      lines.push(`    s${number}j${index} [label=${quote(jobParts(job))}${style}];`);
    }
    for (const [from, to] of edges(stage.jobs)) lines.push(`    s${number}j${from} -> s${number}j${to};`);
    if (!isPlain) lines.push('  }');
  }
  // An edge between clusters is drawn between two of their nodes and cut at the clusters' borders.
  for (const [from, to] of edges(graph.stages)) {
    if (graph.stages[from]!.jobs.length > 0 && graph.stages[to]!.jobs.length > 0)
      lines.push(`  s${from}j0 -> s${to}j0 [ltail=cluster_s${from}, lhead=cluster_s${to}];`);
  }
  lines.push('}');
  return `${lines.join('\n')}\n`;
}

function stageParts(stage: GraphStage): string[] {
  return parts(stage, stage.manual ? 'waits to be started' : '', stage.condition);
}

function jobParts(job: GraphJob): string[] {
  const { legs, environment } = job;
  const many = typeof legs === 'string' ? `× ${legs}` : legs.length > 0 ? `×${legs.length}: ${legs.join(', ')}` : '';
  const target = environment === undefined ? '' : `to ${environment}`;
  return parts(job, [many, target, job.agentless ? 'on the server' : ''].filter(Boolean).join(', '), job.condition);
}

function parts(
  item: { readonly name: string; readonly displayName: string },
  detail: string,
  condition: string | undefined,
): string[] {
  const name = item.displayName === item.name ? item.name : `${item.displayName} (${item.name})`;
  return [name, detail, condition === undefined ? '' : `if ${condition}`]
    .map((part) => plainText(part.replace(/\s+/g, ' ').trim()))
    .filter((part) => part !== '');
}

function hasLegs(job: GraphJob): boolean {
  return job.legs.length > 0;
}

function edges(items: readonly { readonly name: string; readonly dependsOn: readonly string[] }[]): [number, number][] {
  const places = new Map(items.map((item, index) => [item.name, index]));
  return items.flatMap((item, to) =>
    item.dependsOn.flatMap((name): [number, number][] => {
      const from = places.get(name);
      return from === undefined ? [] : [[from, to]];
    }),
  );
}
