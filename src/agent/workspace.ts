import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { JobRequest } from '../contracts/agent.ts';
import { insideRoot } from '../kernel/paths.ts';
import { isTrue } from './inputs.ts';
import { CHECKOUT_TASK } from './task-loader.ts';
import type { Variables } from './variables.ts';

/** The folders of a job (documented layout). All absolute. */
export type Workspace = {
  /** `{work}/{n}` */
  readonly build: string;
  readonly sources: string;
  readonly temp: string;
  /** Where each checkout step puts its repository, by the step's id. */
  readonly checkouts: ReadonlyMap<string, string>;
  /** What `filePath` inputs are relative to. */
  readonly inputFolder: string;
};

/**
 * Prepares the folders of a job and sets the variables that name them: one numbered folder for each definition, kept from job to job;
 * `a` and `TestResults` made anew, `b` and `s` emptied as `workspace.clean` says, `_temp` emptied.
 * @param work the agent's work folder; one agent uses it at a time
 */
export function prepareWorkspace(
  work: string,
  job: JobRequest,
  variables: Variables,
  agent: { readonly name: string; readonly version: string; readonly homeFolder: string },
): Workspace {
  const build = join(work, String(buildNumberOf(work, job, variables)));
  const folder = (name: string) => join(build, name);
  const clean = (job.workspace?.clean ?? variables.get('agent.clean.buildDirectory') ?? '').toLowerCase();
  if (clean === 'all' || clean === 'true') emptyFolder(build);
  if (clean === 'outputs') emptyFolder(folder('b'));
  if (clean === 'resources' || isTrue(variables.get('build.clean'))) emptyFolder(folder('s'));
  for (const name of ['a', 'TestResults']) emptyFolder(folder(name));
  for (const name of ['b', 's']) mkdirSync(folder(name), { recursive: true });
  const temp = join(work, '_temp');
  const tools = join(work, '_tool');
  emptyFolder(temp);
  mkdirSync(tools, { recursive: true });

  const checkouts = checkoutFolders(job, build, variables);
  const self = job.steps.find((step) => isCheckout(step.reference) && (step.inputs['repository'] ?? 'self') === 'self');
  const several = checkouts.size > 1;
  const sources = several ? folder('s') : ([...checkouts.values()][0] ?? folder('s'));
  const selfFolder = (self?.inputs['path'] ? checkouts.get(self.id) : undefined) ?? sources;
  const set = (value: string, ...names: string[]) => {
    for (const name of names) variables.set(name, value);
  };
  set(build, 'Agent.BuildDirectory', 'Pipeline.Workspace');
  set(sources, 'Build.SourcesDirectory');
  set(folder('s'), 'System.DefaultWorkingDirectory');
  set(selfFolder, 'Build.Repository.LocalPath');
  set(folder('a'), 'Build.ArtifactStagingDirectory', 'Build.StagingDirectory', 'System.ArtifactsDirectory');
  set(folder('b'), 'Build.BinariesDirectory');
  set(folder('TestResults'), 'Common.TestResultsDirectory');
  set(work, 'Agent.WorkFolder', 'Agent.RootDirectory', 'System.WorkFolder');
  set(temp, 'Agent.TempDirectory');
  set(tools, 'Agent.ToolsDirectory');
  set(agent.homeFolder, 'Agent.HomeDirectory');
  set(agent.name, 'Agent.Name');
  set(agent.version, 'Agent.Version');
  set(hostname(), 'Agent.MachineName');
  set(process.platform === 'darwin' ? 'Darwin' : 'Linux', 'Agent.OS');
  set(process.arch === 'arm64' ? 'ARM64' : process.arch === 'arm' ? 'ARM' : 'X64', 'Agent.OSArchitecture');
  set('1', 'Agent.IsSelfHosted');
  set(isTrue(self?.inputs['clean']) ? 'True' : 'False', 'Build.Repository.Clean');
  if (!variables.get('Agent.JobName')) set(job.jobName, 'Agent.JobName');
  return { build, sources, temp, checkouts, inputFolder: several ? folder('s') : selfFolder };
}

/** Empties `_temp` after the job. */
export function clearTemp(workspace: Workspace): void {
  emptyFolder(workspace.temp);
}

export function isCheckout(reference: { readonly id: string }): boolean {
  return reference.id.toLowerCase() === CHECKOUT_TASK;
}

/** One repository goes to `s`, several to `s/{name}` each; `path` is relative to the build folder and stays inside it. */
function checkoutFolders(job: JobRequest, build: string, variables: Variables): Map<string, string> {
  const steps = job.steps.filter((step) => isCheckout(step.reference) && step.inputs['repository'] !== 'none');
  return new Map(
    steps.map((step) => {
      const path = variables.expand(step.inputs['path'] ?? '').trim();
      if (path !== '') return [step.id, insideRoot(build, path)];
      if (steps.length === 1) return [step.id, join(build, 's')];
      const alias = step.inputs['repository'] || 'self';
      const repository = job.resources.repositories.find((one) => one.alias.toLowerCase() === alias.toLowerCase());
      const name = basename(repository?.properties.name || repository?.properties.url || alias).replace(/\.git$/, '');
      return [step.id, insideRoot(join(build, 's'), name)];
    }),
  );
}

function emptyFolder(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const entry of readdirSync(folder)) rmSync(join(folder, entry), { recursive: true, force: true });
}

/** The number of a definition's folder, kept in the documented map files. */
function buildNumberOf(work: string, job: JobRequest, variables: Variables): number {
  const mappings = join(work, 'SourceRootMapping');
  const collection = safeName(variables.get('system.collectionId') ?? 'collection');
  const definition = safeName(variables.get('system.definitionId') ?? '0');
  const repositories = job.resources.repositories.map((one) => `${one.alias}=${one.properties.url}`).sort();
  const file = join(mappings, collection, definition, 'SourceFolder.json');
  const known = readJson(file) as { agent_builddirectory?: string; repositories?: string[] } | undefined;
  const number = Number(known?.agent_builddirectory);
  if (Number.isInteger(number) && number > 0 && JSON.stringify(known?.repositories) === JSON.stringify(repositories)) {
    return number;
  }
  const counter = join(mappings, 'Mappings.json');
  const last = (readJson(counter) as { lastBuildFolderNumber?: number } | undefined)?.lastBuildFolderNumber ?? 0;
  writeJson(counter, { lastBuildFolderNumber: last + 1 });
  writeJson(file, { agent_builddirectory: String(last + 1), repositories });
  return last + 1;
}

function safeName(text: string): string {
  return text.replace(/[^A-Za-z0-9-]/g, '_').slice(0, 100) || '_';
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    // Not there yet, or cut short by a crash: a new number is taken.
    return undefined;
  }
}

function writeJson(file: string, value: unknown): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, JSON.stringify(value));
  renameSync(`${file}.new`, file);
}
