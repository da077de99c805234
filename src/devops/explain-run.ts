import { conflict } from '../kernel/errors.ts';
import {
  compile,
  type Expanded,
  type Explanation,
  explain,
  findPart,
  listParts,
  type UnknownPart,
} from '../language/index.ts';
import type { AgentTaskCatalog } from './deps.ts';
import { type KeptSources, keptFiles, keptText } from './kept-sources.ts';
import { compileVariables } from './queue-run.ts';
import type { LoadedRun } from './runs/engine.ts';
import { runRecord } from './runs/run-record.ts';
import { secretHider } from './runs/run-secrets.ts';
import type { TimelineRecord } from './runs/timeline.ts';

/** What there is to say of a part of a run; without a path what there is, and for a path that names nothing what there would be. */
export type RunExplanation = {
  /** Absolute path of the folder that the pipeline's file is in. */
  readonly directory: string;
  readonly parts?: readonly { readonly path: string; readonly displayName: string }[];
  readonly unknown?: UnknownPart;
  readonly explanation?: Explanation;
  /** The line of the file in which the part is written, as it was then. */
  readonly line?: string;
};

/**
 * Explains a part of a run from the files that it was compiled from and what it knows by now. No secret is in the answer.
 * @param path as `--at` takes it
 * @throws conflict for a run whose files were not kept
 */
export async function explainRun(
  run: LoadedRun,
  records: readonly TimelineRecord[],
  tasks: AgentTaskCatalog,
  path: string | undefined,
): Promise<RunExplanation> {
  const { info } = run;
  const { source, sources } = info;
  if (!sources)
    throw conflict(
      `The files that run ${run.runId} was made of were not kept: they were too large, or an older server queued it. Explain the pipeline itself, without --run.`,
    );
  const { expanded, diagnostics } = await compile({
    file: source.file,
    files: keptFiles(sources),
    parameters: info.templateParameters,
    variables: info.queueVariables,
    systemVariables: compileVariables(source, info.reason, info.project),
    tasks,
    acceptUnbuilt: true,
    trace: true,
  });
  if (!expanded)
    throw conflict(
      `The files of run ${run.runId} can no longer be compiled by this version: ${diagnostics[0]?.text ?? 'no reason given'}`,
    );
  return secretHider(run)({ directory: source.root, ...answer(run, records, expanded, sources, path) });
}

function answer(
  run: LoadedRun,
  records: readonly TimelineRecord[],
  expanded: Expanded,
  sources: KeptSources,
  path: string | undefined,
): Omit<RunExplanation, 'directory'> {
  const { info, facts } = run;
  if (path === undefined)
    return {
      parts: listParts(expanded, facts.plan).map((part) => ({
        path: part.path,
        displayName: (part.step ?? part.job ?? part.stage).displayName ?? '',
      })),
    };
  // A matrix may have come out of an output: its legs are known to the run alone.
  const part = findPart(expanded, facts.plan, path, (stage, job) => {
    const inStage = run.state.stages.find((one) => one.name === stage.name);
    const legs = inStage?.jobs.find((one) => one.name === job.name)?.legs ?? [];
    return [...new Set([...legs, ...job.legs].map((leg) => leg.name))];
  });
  if ('kind' in part) return { unknown: part };
  const explanation = explain(facts.plan, part, {
    variables: info.queueVariables,
    groups: info.groups ?? {},
    run: runRecord(run, records),
  });
  const { place } = explanation;
  const line = place && keptText(sources, place.file)?.split(/\r\n|\n|\r/)[place.line - 1];
  return { explanation, ...(line === undefined ? {} : { line }) };
}
