import { invalid } from '../kernel/errors.ts';
import { expandVariables } from '../language/expressions/index.ts';
import {
  type CompileResult,
  compile,
  type Diagnostic,
  makeDiagnostic,
  type Plan,
  unusedForRepositories,
} from '../language/index.ts';
import { checkoutRepositories } from './checkout-repositories.ts';
import { findConnection } from './connections/connections.ts';
import { provideConnection } from './connections/local.ts';
import { connectionsOf } from './connections/named.ts';
import { addDefinition, listDefinitions } from './definitions.ts';
import type { AgentTaskCatalog, DevopsDeps } from './deps.ts';
import { keepSources } from './kept-sources.ts';
import { type CommitChoice, localFiles, openCommit, readLocalSource } from './local-source.ts';
import { checkPlan } from './plan-checks.ts';
import type { Project } from './projects.ts';
import { refusedPipeline } from './refuse-pipeline.ts';
import { createRunRepositories, type RepositoryPlace, type RunRepositories } from './run-repositories.ts';
import { layerVariables, lookupIn, writtenVariables } from './runs/contexts.ts';
import type { Engine, LoadedRun } from './runs/engine.ts';
import type { RunOptions, RunSource } from './runs/run-info.ts';
import type { VariableGroups, Variables } from './runs/state.ts';

/** A run of a pipeline file in a directory of this machine. */
export type QueueRequest = {
  readonly project: Project;
  /** Absolute. */
  readonly directory: string;
  /** Relative to the directory. */
  readonly file: string;
  /** Stands in for the file. */
  readonly text?: string;
  readonly variables: Variables;
  /** Values of the variable groups that the pipeline names. */
  readonly groups?: VariableGroups;
  /** Which commit of the pipeline's repository counts; with `cleanCheckout` it is the one that is checked out otherwise. */
  readonly commit?: CommitChoice;
  /** Refs that count instead of those that the pipeline declares, by the repository's alias. */
  readonly refs?: Readonly<Record<string, string>>;
  /** Stages that are left out. */
  readonly stagesToSkip?: readonly string[];
  /** Where the repositories are that the pipeline declares. */
  readonly repositories?: readonly RepositoryPlace[];
  readonly templateParameters: Readonly<Record<string, unknown>>;
  /** Only these stages (and, of jobs, only those) run. */
  readonly stages?: readonly string[];
  readonly jobs?: readonly string[];
  readonly options: RunOptions;
  readonly reason: string;
};

/** Compiles and queues. */
export type QueueRun = {
  /** For showing it: what no run does is a warning. */
  compile(request: QueueRequest): Promise<CompileResult & { source: RunSource; repositories: RunRepositories }>;
  /** @throws invalid whose details are the compiler's diagnostics, or naming what is missing in strict mode */
  queue(request: QueueRequest): Promise<LoadedRun>;
};

/** The predefined variables that `${{ }}` can see: what is known before a run begins. */
export function compileVariables(
  source: RunSource,
  reason: string,
  project: Pick<Project, 'id' | 'name'>,
): Record<string, string> {
  return {
    'Build.SourceBranch': source.branch,
    'Build.SourceBranchName': source.branch.split('/').at(-1) ?? '',
    'Build.SourceVersion': source.version,
    'Build.Reason': reason,
    'Build.Repository.Name': source.repositoryName,
    'System.TeamProject': project.name,
    'System.TeamProjectId': project.id,
  };
}

/** Makes the way in for runs. @param tasks agents' and server's tasks */
export function createQueueRun(deps: DevopsDeps, engine: Engine, tasks: AgentTaskCatalog): QueueRun {
  const compileRequest = async (request: QueueRequest, acceptUnbuilt: boolean) => {
    const isCommitted = request.options.cleanCheckout || request.commit !== undefined;
    const commit = isCommitted ? await openCommit(request.directory, request.commit ?? {}) : undefined;
    const source = await readLocalSource(request.directory, request.file, commit);
    const repositories = createRunRepositories(request.repositories ?? [], {
      base: source.root,
      cache: deps.files.pathOf('repositories'),
      committed: request.options.cleanCheckout,
      refs: request.refs ?? {},
    });
    const sources = keepSources(
      localFiles(source, repositories, commit),
      request.text === undefined ? {} : { [source.file]: request.text },
    );
    const result = await compile({
      file: source.file,
      files: sources.files,
      ...(request.text === undefined ? {} : { text: request.text }),
      parameters: request.templateParameters,
      variables: request.variables,
      systemVariables: compileVariables(source, request.reason, request.project),
      tasks,
      acceptUnbuilt,
      runs: (stage, job) =>
        isAmong(request.stages, stage, true) &&
        isAmong(request.jobs, job, true) &&
        !isAmong(request.stagesToSkip, stage, false),
      repositories: { self: { url: source.root, ref: source.branch, version: source.version } },
    });
    return Object.assign(result, { source, repositories, sources: sources.kept() });
  };

  return {
    compile: (request) => compileRequest(request, true),
    async queue(request) {
      const compiled = await compileRequest(request, false);
      if (!compiled.plan || compiled.diagnostics.length > 0) throw refusedPipeline(compiled.diagnostics);
      const unused = unusedForRepositories(request.repositories ?? [], compiled.plan);
      if (unused !== undefined) throw invalid(unused);
      if (request.options.cleanCheckout && !compiled.source.isTop)
        throw invalid(
          `The committed state cannot be checked out: ${compiled.source.root} is not the top of a git repository. Run from the repository's top folder, or without --clean-checkout.`,
        );
      const skipped = new Set((request.stagesToSkip ?? []).map((name) => name.toLowerCase()));
      const kept = compiled.plan.stages.map((stage) => stage.name).filter((name) => !skipped.has(name.toLowerCase()));
      if (kept.length === 0) throw invalid('Every stage of the pipeline is skipped: nothing would run.');
      const plan = selectParts(compiled.plan, request.stages ?? (skipped.size > 0 ? kept : []), request.jobs ?? []);
      const provisioned: string[] = [];
      const warnings = compiled.warnings.map((one) => one.text);
      warnings.push(...checkPlan(plan, request));
      await provide(request, plan, provisioned, warnings);
      const repositories = await checkoutRepositories(plan, compiled.repositories, request.project.id);
      const definition = await definitionOf(request.project, compiled.source);
      return engine.queue({
        plan,
        info: {
          project: { id: request.project.id, name: request.project.name },
          definition,
          source: compiled.source,
          ...(compiled.sources ? { sources: compiled.sources } : {}),
          repositories,
          reason: request.reason,
          requestedFor: 'millrace',
          options: request.options,
          queueVariables: request.variables,
          ...(request.groups === undefined ? {} : { groups: request.groups }),
          templateParameters: request.templateParameters,
          ...(compiled.finalYaml === undefined ? {} : { finalYaml: compiled.finalYaml }),
          warnings,
          provisioned,
        },
      });
    },
  };

  /** Finds the service connections that the plan names; makes missing ones in local mode, refuses in strict mode. */
  async function provide(request: QueueRequest, plan: Plan, provisioned: string[], warnings: string[]): Promise<void> {
    const missing: Diagnostic[] = [];
    for (const stage of plan.stages)
      for (const job of stage.jobs) {
        const known = layerVariables(
          request.variables,
          ...[plan.variables, stage.variables, job.variables].map((list) =>
            writtenVariables(list, request.groups ?? {}),
          ),
        );
        const lookup = lookupIn(expandVariables(known));
        for (const step of job.steps) {
          const manifest = tasks.find(step.task.id ?? step.task.name, step.task.version.split('.')[0] ?? '');
          if (!manifest) continue;
          const named = connectionsOf(step, manifest, lookup);
          if (manifest.name === 'AzureCLI' && named.length === 0)
            warnings.push(
              `Step '${step.displayName ?? step.name}' of job ${job.name} has no azureSubscription. Azure DevOps itself requires one; here the step runs with the login of the steps before it.`,
            );
          for (const { input, type, name } of named) {
            // What is still a macro is only known when the job runs; the connection is looked for then.
            if (/\$\(|\$\[/.test(name)) continue;
            if (await findConnection(deps.store.read, deps.vault, request.project.id, name)) continue;
            if (request.options.strict) {
              missing.push(makeDiagnostic('connection-not-found', [job.name, step.name, input, name], step.position));
              continue;
            }
            const made = await provideConnection(deps, request.project.id, type, name);
            if (made.said) provisioned.push(made.said);
          }
        }
      }
    if (missing.length > 0) throw refusedPipeline(missing);
  }

  /** The pipeline's definition: one for each file of a repository. */
  async function definitionOf(project: Project, source: RunSource) {
    const name = source.repositoryName + (source.file === '/azure-pipelines.yml' ? '' : ` ${source.file.slice(1)}`);
    const findIn = async (reader: Parameters<typeof listDefinitions>[0]) => {
      const all = await listDefinitions(reader, project.id);
      const found = all.find((one) => one.directory === source.root && one.file === source.file);
      return { all, found: found && { id: found.id, name: found.name, revision: found.revision } };
    };
    // Nearly always it is there: no turn among those that write, then.
    const { found: known } = await findIn(deps.store.read);
    if (known) return known;
    return deps.store.write(async (writer) => {
      const { all, found } = await findIn(writer);
      if (found) return found;
      const taken = (wanted: string) => all.some((one) => one.name.toLowerCase() === wanted.toLowerCase());
      let unique = name;
      for (let number = 2; taken(unique); number++) unique = `${name} (${number})`;
      const { id, revision } = await addDefinition(writer, {
        projectId: project.id,
        name: unique,
        path: '\\',
        directory: source.root,
        file: source.file,
      });
      return { id, name: unique, revision };
    });
  }
}

/** Whether a list of names has one, in any case. @param ofNone what holds of a list without names */
function isAmong(names: readonly string[] | undefined, name: string, ofNone: boolean): boolean {
  if (names === undefined || names.length === 0) return ofNone;
  return names.some((other) => other.toLowerCase() === name.toLowerCase());
}

/**
 * Keeps the named stages and jobs; what they depended on and isn't kept no longer holds them up.
 * @throws invalid for a name that the plan does not have, listing those it has
 */
function selectParts(plan: Plan, stages: readonly string[], jobs: readonly string[]): Plan {
  const has = (names: readonly string[], name: string) =>
    names.some((other) => other.toLowerCase() === name.toLowerCase());
  const check = (wanted: readonly string[], known: readonly string[], what: string) => {
    const missing = wanted.find((name) => !has(known, name));
    if (missing !== undefined) throw invalid(`The pipeline has no ${what} '${missing}'. It has: ${known.join(', ')}.`);
  };
  check(
    stages,
    plan.stages.map((stage) => stage.name),
    'stage',
  );
  check(
    jobs,
    plan.stages.flatMap((stage) => stage.jobs.map((job) => job.name)),
    'job',
  );
  const keptStages = plan.stages
    .filter((stage) => stages.length === 0 || has(stages, stage.name))
    .map((stage) => ({ ...stage, jobs: stage.jobs.filter((job) => jobs.length === 0 || has(jobs, job.name)) }))
    .filter((stage) => stage.jobs.length > 0);
  const stageNames = keptStages.map((stage) => stage.name);
  return {
    ...plan,
    stages: keptStages.map((stage) => ({
      ...stage,
      dependsOn: stage.dependsOn.filter((name) => has(stageNames, name)),
      jobs: stage.jobs.map((job) => ({
        ...job,
        dependsOn: job.dependsOn.filter((name) =>
          has(
            stage.jobs.map((other) => other.name),
            name,
          ),
        ),
      })),
    })),
  };
}
