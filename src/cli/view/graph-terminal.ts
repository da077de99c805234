import { drawRails, linesOfRow, type RailRow } from './graph-rails.ts';
import { DEFAULT_STAGE, type GraphJob, type GraphStage, type PlanGraph } from './plan-graph.ts';
import type { Style } from './style.ts';
import { fitText, plainText, textWidth } from './text-width.ts';

/** Rails may take this part of the width; of a graph with more, each node says in words what it waits for. */
const RAILS_PART = 0.4;
/** Rails that an eye can still follow, in columns. */
const WIDEST_RAILS = 40;

/**
 * Draws stages and jobs for a terminal, a line each, with rails from each to what waits for it.
 * @param columns how wide a line may be
 */
export function graphLines(graph: PlanGraph, columns: number, style: Style): string[] {
  const [only] = graph.stages;
  const isPlain = graph.stages.length === 1 && only?.name === DEFAULT_STAGE;
  if (isPlain) return drawn(only.jobs, columns, (job, room, words) => jobLabel(job, room, words, style));
  return drawn(
    graph.stages,
    columns,
    (stage, room, words) => stageLabel(stage, room, words, style),
    (stage, room) => drawn(stage.jobs, room, (job, inner, words) => jobLabel(job, inner, words, style)),
  );
}

const unrailed = { node: '● ', body: '  ', leadsToNext: false };

type Named = { readonly name: string; readonly dependsOn: readonly string[] };

/** @param label the text of a node for a number of columns; `inWords` where no rails show what it waits for */
function drawn<T extends Named>(
  items: readonly T[],
  columns: number,
  label: (item: T, room: number, inWords: boolean) => string,
  inside: (item: T, room: number) => readonly string[] = () => [],
): string[] {
  const places = new Map(items.map((item, index) => [item.name, index]));
  const rows = drawRails(items.map((item) => ({ after: item.dependsOn.flatMap((name) => places.get(name) ?? []) })));
  const rails = rows[0]?.node.length ?? 0;
  const inWords = rails > 2 && rails > Math.min(WIDEST_RAILS, columns * RAILS_PART);
  const plain: RailRow[] = inWords ? rows.map(({ index }) => ({ index, ...unrailed })) : rows;
  return plain.flatMap((row) => {
    const item = items[row.index]!;
    const room = columns - row.node.length;
    return linesOfRow(row, label(item, room, inWords), inside(item, room));
  });
}

function stageLabel(stage: GraphStage, room: number, inWords: boolean, style: Style): string {
  const details = [stage.manual ? 'waits to be started' : '', conditionWords(stage.condition)];
  return labelOf(stage, afterWords(stage, inWords), details, room, style);
}

function jobLabel(job: GraphJob, room: number, inWords: boolean, style: Style): string {
  const { hooks = [], legs } = job;
  const more = hooks.filter((hook) => hook !== 'deploy');
  const details = [
    typeof legs === 'string' ? `× what ${legs} gives` : legs.length > 0 ? `×${legs.length}: ${legs.join(', ')}` : '',
    job.kind === 'deployment' ? `deploys${job.environment === undefined ? '' : ` to ${job.environment}`}` : '',
    more.length > 0 ? `with ${more.join(', ')}` : '',
    job.agentless ? 'on the server' : '',
    conditionWords(job.condition),
  ];
  return labelOf(job, afterWords(job, inWords), details, room, style);
}

const conditionWords = (condition: string | undefined) =>
  condition === undefined ? '' : `if ${condition.replace(/\s+/g, ' ').trim()}`;

const afterWords = ({ dependsOn }: Named, inWords: boolean) =>
  inWords && dependsOn.length > 0 ? `after ${dependsOn.join(', ')}` : '';

/** @param after what it waits for, first of all, as a narrow terminal cuts the end off */
function labelOf(
  item: { readonly name: string; readonly displayName: string },
  after: string,
  details: readonly string[],
  room: number,
  style: Style,
): string {
  const name = fitText(plainText(item.name), room);
  const shown = item.displayName === item.name ? [] : [`“${item.displayName}”`];
  const text = plainText([after, ...shown, ...details].filter((one) => one !== '').join(' · '));
  const rest = fitText(text, room - textWidth(name) - 2);
  return rest === '' ? style.bold(name) : `${style.bold(name)}  ${style.dim(rest)}`;
}
