import type { Mapping } from './1-read/node.ts';
import { emitYaml } from './2-expand/emit.ts';
import { expandPipeline } from './2-expand/expansion.ts';
import {
  ExpansionStopped,
  FileNeeded,
  type FileProvider,
  type Files,
  literalReferences,
  makeFiles,
  readFile,
} from './2-expand/files.ts';
import { normalizePipeline } from './2-expand/normalize.ts';
import { queuedParameters } from './2-expand/queued-parameters.ts';
import { type DeclaredRepositories, declaredRepositories, describeFiles } from './2-expand/repositories.ts';
import { rootVariables, type SourceFile } from './2-expand/scope.ts';
import { nodeToData } from './2-expand/value-node.ts';
import { buildPlan } from './3-plan/build-plan.ts';
import { judgeResources, type ResourceCatalog } from './3-plan/judge-resources.ts';
import { judgeSchedules } from './3-plan/judge-schedules.ts';
import { judgeUnbuilt } from './3-plan/judge-unbuilt.ts';
import { type JobChoice, keepJobs } from './3-plan/keep-jobs.ts';
import type { Plan } from './3-plan/plan.ts';
import type { TaskCatalog } from './3-plan/task-catalog.ts';
import { collectProblems, type Diagnostic, type DiagnosticCode } from './diagnostics.ts';
import { type Limits, serviceLimits } from './limits.ts';

export type CompileInput = {
  /** Repository path with a leading `/`, for messages and relative references. */
  readonly file: string;
  /** Stands in for the file's text; without it the file is read. */
  readonly text?: string;
  readonly files: FileProvider;
  /** Parameters given when the run is queued: text, or plain data for structures. */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** Variables given when the run is queued. */
  readonly variables?: Readonly<Record<string, { readonly value: string; readonly isSecret?: boolean }>>;
  /** System and build variables that are known before the run starts. */
  readonly systemVariables?: Readonly<Record<string, string>>;
  /** Without it tasks are neither looked up nor judged. */
  readonly tasks?: TaskCatalog;
  /** What the server has: groups, environments, pools, connections. Without it they aren't judged. */
  readonly resources?: ResourceCatalog;
  /** Reports what isn't built yet as warnings instead of errors: for checking and printing a pipeline, never for running it. */
  readonly acceptUnbuilt?: boolean;
  /** The jobs that are to run: what isn't built or looked at is told of these only. Absent: all. */
  readonly runs?: JobChoice;
  /** Other bounds than the service's. */
  readonly limits?: Partial<Limits>;
  /** Keeps how each part came about, for `sourceMap` and `explain`; costs some time and memory. */
  readonly trace?: boolean;
  /** What messages call a repository, by its alias in lower case (`self` for the pipeline's own). */
  readonly repositories?: Readonly<
    Record<string, { readonly url: string; readonly ref: string; readonly version: string }>
  >;
};

export type CompileResult = {
  /** Problems of the first phase that had any, in the service's order. Empty: the pipeline is valid. */
  readonly diagnostics: readonly Diagnostic[];
  readonly warnings: readonly Diagnostic[];
  readonly plan?: Plan;
  /** The expanded pipeline as the service's preview prints it; there when expansion succeeded. */
  readonly finalYaml?: string;
  /** The same as plain data. */
  readonly finalData?: unknown;
  /** The expanded pipeline with its origins, for `sourceMap` and `explain`; there when `trace` was asked for. */
  readonly expanded?: Expanded;
};

/** An expanded pipeline in its normal form; each node knows how it came about. */
export type Expanded = { readonly root: Mapping };

const mostRestarts = 200;

/** What is never an error. */
const warningCodes: ReadonlySet<DiagnosticCode> = new Set([
  'cron-unreadable',
  'not-looked-at',
  'task-input-unknown',
  'task-input-expected',
]);

/**
 * Compiles a pipeline: reads it, expands it, plans it. A phase with problems is the last one.
 * @returns diagnostics, or the plan; never raises for what a pipeline or template may contain
 */
export async function compile(input: CompileInput): Promise<CompileResult> {
  const source: SourceFile = { path: input.file, repository: undefined, label: input.file };
  const text = input.text ?? (await input.files.read(input.file));
  const limits = { ...serviceLimits, ...input.limits };
  const problems = collectProblems();
  const finish = (): CompileResult => ({ diagnostics: problems.list, warnings: [] });
  if (text === undefined) {
    problems.inFile(
      input.file,
      'template-not-found',
      `${input.file} not found in repository ${describe(input, undefined)}`,
    );
    return finish();
  }
  const root = readFile(text, input.file, 'pipeline', problems, limits);
  if (problems.list.length > 0) return finish();
  if (root?.kind !== 'mapping') {
    problems.at({ file: input.file, line: 1, column: 1 }, 'unexpected-value', '', emptyPipeline);
    return finish();
  }
  const files = makeFiles(input.files, new Map([[input.file, text]]), limits);
  await preload(text, source, declaredRepositories(root), files);
  const expanded = await expandUntilLoaded(root, source, files, limits, input);
  if (!expanded.root) return { diagnostics: expanded.diagnostics, warnings: [] };
  const normal = normalizePipeline(expanded.root);
  const plan = buildPlan(normal, problems, input.tasks);
  judgeUnbuilt(normal, problems);
  judgeSchedules(normal, problems);
  if (input.resources) judgeResources(plan, input.resources, input.tasks, problems);
  const isWarning = (one: Diagnostic) =>
    warningCodes.has(one.code) || (input.acceptUnbuilt === true && one.code === 'not-implemented');
  const list = input.runs ? ofChosenJobs(problems.list, normal, plan, input.runs, input.tasks) : problems.list;
  const diagnostics = list.filter((one) => !isWarning(one));
  const warnings = list.filter(isWarning).map((one): Diagnostic => ({ ...one, severity: 'warning' }));
  // Printing takes as long as planning; who only wants the plan needn't wait for it.
  let finalYaml: string | undefined;
  return {
    diagnostics,
    warnings,
    ...(diagnostics.length > 0 ? {} : { plan }),
    ...(input.trace ? { expanded: { root: normal } } : {}),
    get finalYaml() {
      finalYaml ??= emitYaml(normal);
      return finalYaml;
    },
    get finalData() {
      return nodeToData(normal);
    },
  };
}

/** The problems without those of unbuilt things that only jobs have which are not chosen. */
function ofChosenJobs(
  list: readonly Diagnostic[],
  root: Mapping,
  plan: Plan,
  isChosen: JobChoice,
  tasks: TaskCatalog | undefined,
): Diagnostic[] {
  const isOfUnbuilt = (one: Diagnostic) =>
    one.code === 'not-implemented' || (warningCodes.has(one.code) && one.code !== 'cron-unreadable');
  if (!list.some(isOfUnbuilt)) return [...list];
  // Planned again without the others: whose a problem is cannot be told by its place, which a template shares among jobs.
  const chosen = keepJobs(root, plan, isChosen);
  const problems = collectProblems();
  buildPlan(chosen, problems, tasks);
  judgeUnbuilt(chosen, problems);
  const kept = new Set(problems.list.filter(isOfUnbuilt).map((one) => one.text));
  return list.filter((one) => !isOfUnbuilt(one) || kept.has(one.text));
}

/** Expands; where a file turns out to be needed that wasn't foreseen, reads it and expands again from the start. */
async function expandUntilLoaded(
  root: Mapping,
  source: SourceFile,
  files: Files,
  limits: Limits,
  input: CompileInput,
): Promise<{ root?: Mapping; diagnostics: readonly Diagnostic[] }> {
  const queued = Object.entries(input.variables ?? {}).map(([name, { value }]) => [name, value]);
  for (let restarts = 0; ; restarts++) {
    const problems = collectProblems();
    files.restart();
    try {
      const expanded = expandPipeline({
        files,
        problems,
        limits,
        source,
        root,
        variables: rootVariables(input.systemVariables ?? {}, Object.fromEntries(queued)),
        parameters: queuedParameters(root, input.parameters ?? {}, input.file, problems),
        trace: input.trace === true,
        project: input.systemVariables?.['System.TeamProjectId'] ?? 'default',
        describeRepository: (alias) => describe(input, alias),
      });
      return problems.list.length > 0 ? { diagnostics: problems.list } : { root: expanded, diagnostics: [] };
    } catch (error) {
      if (error instanceof FileNeeded && restarts < mostRestarts) await files.load(error.path, error.repository);
      else if (error instanceof ExpansionStopped) return { diagnostics: problems.list };
      else throw error;
    }
  }
}

/** Reads the files that are named by literal text, and those that they name, so that the expansion finds them. */
async function preload(text: string, source: SourceFile, declared: DeclaredRepositories, files: Files): Promise<void> {
  const pending = [{ text, source }];
  const seen = new Set<string>();
  for (let next = pending.pop(); next && seen.size < mostRestarts; next = pending.pop()) {
    for (const { path, repository } of literalReferences(next.text, next.source, declared)) {
      const label = repository === undefined ? path : `${path}@${repository}`;
      if (seen.has(label)) continue;
      seen.add(label);
      const from = repository === undefined ? undefined : declared.get(repository);
      // Which ref is meant is only known when the pipeline is expanded.
      if (from?.hasOpenRef) continue;
      await files.load(path, from);
      const found = files.text(path, from);
      if (found !== undefined) pending.push({ text: found, source: { path, repository, label } });
    }
  }
}

const emptyPipeline = 'The file holds no pipeline: write steps, jobs, stages or extends.';

function describe(input: CompileInput, alias: string | undefined): string {
  const known = input.repositories?.[alias ?? 'self'];
  return known ? describeFiles(known) : (alias ?? 'self');
}
