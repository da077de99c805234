import { notFound } from '../../kernel/errors.ts';
import type { Explanation, UnknownPart } from '../../language/index.ts';
import type { ServerClient } from './server-client.ts';
import type { Build, List, LocalRun, Timeline } from './wire.ts';

/** The organisation and the project that a local server always has. */
const PROJECT = '/millrace/default/_apis';

export type LocalRunRequest = {
  /** Absolute path of the directory that is checked out. */
  readonly directory: string;
  /** Path of the pipeline inside it, with `/`. */
  readonly file: string;
  readonly variables: Readonly<Record<string, { readonly value: string; readonly isSecret: boolean }>>;
  /** Values of variable groups, by the group's name. */
  readonly groups: Readonly<Record<string, Readonly<Record<string, { readonly value: string }>>>>;
  /** Where other repositories are; `directory` is absolute. */
  readonly repositories: readonly { readonly name: string; readonly ref?: string; readonly directory: string }[];
  readonly templateParameters: Readonly<Record<string, string>>;
  readonly stages?: readonly string[];
  readonly jobs?: readonly string[];
  readonly strict: boolean;
  readonly cleanCheckout: boolean;
  readonly az: 'embedded' | 'real';
};

/** Creates a run of a local directory. @throws DomainError 'invalid' whose details hold the diagnostics of a bad pipeline */
export async function createLocalRun(client: ServerClient, request: LocalRunRequest): Promise<LocalRun> {
  const run = await client.json<LocalRun>(`${PROJECT}/millrace/localruns`, { method: 'POST', body: request });
  if (!run) throw notFound('The server answered the new run with nothing.');
  return run;
}

/** One run as a build. @throws DomainError 'not-found' */
export async function getBuild(client: ServerClient, id: number): Promise<Build> {
  const build = await client.json<Build>(`${PROJECT}/build/builds/${id}`);
  if (!build) throw notFound(`There is no run ${id}. 'millrace runs list' shows those there are.`);
  return build;
}

/** What a server answers of a part of a run: see the server's `explain-run`. */
export type RunExplanation = {
  readonly directory: string;
  readonly parts?: readonly { readonly path: string; readonly displayName: string }[];
  readonly unknown?: UnknownPart;
  readonly explanation?: Explanation;
  readonly line?: string;
};

/** Why a part of a run came out as it did; without a path, what there is. @throws DomainError 'not-found', or 'conflict' where the run kept no files */
export async function getExplanation(client: ServerClient, id: number, at?: string): Promise<RunExplanation> {
  const query = at === undefined ? '' : `?at=${encodeURIComponent(at)}`;
  const found = await client.json<RunExplanation>(`${PROJECT}/millrace/runs/${id}/explanation${query}`);
  if (!found) throw notFound(`The server has nothing to say of run ${id}.`);
  return found;
}

/** The newest runs, newest first. */
export async function listBuilds(client: ServerClient, top: number): Promise<readonly Build[]> {
  const query = `$top=${top}&queryOrder=queueTimeDescending`;
  return (await client.json<List<Build>>(`${PROJECT}/build/builds?${query}`))?.value ?? [];
}

/** Asks for a run's end; it is over when its build is `completed`. */
export async function cancelBuild(client: ServerClient, id: number): Promise<void> {
  await client.json(`${PROJECT}/build/builds/${id}`, { method: 'PATCH', body: { status: 'cancelling' } });
}

/**
 * A run's timeline; undefined while there is none.
 * @param wait answer when the run has ended, when the timeline has passed `changeId` (but not before `paceMs`), or when `seconds` are over
 */
export async function getTimeline(
  client: ServerClient,
  id: number,
  wait?: { readonly changeId: number; readonly seconds: number; readonly paceMs: number },
  signal?: AbortSignal,
): Promise<Timeline | undefined> {
  const query = wait ? `?changeId=${wait.changeId}&waitSeconds=${wait.seconds}&paceMilliseconds=${wait.paceMs}` : '';
  return await client.json<Timeline>(`${PROJECT}/build/builds/${id}/timeline${query}`, {
    timeoutMs: 30_000 + (wait?.seconds ?? 0) * 1000,
    ...(signal ? { signal } : {}),
  });
}

/** Lines of a log from `startLine` (counted from 1) to its end. */
export async function getLogLines(
  client: ServerClient,
  id: number,
  logId: number,
  startLine = 1,
): Promise<readonly string[]> {
  const path = `${PROJECT}/build/builds/${id}/logs/${logId}?startLine=${startLine}`;
  return (await client.json<List<string>>(path))?.value ?? [];
}

/** How many lines each log of a run has, by log id. */
export async function getLogLengths(client: ServerClient, id: number): Promise<ReadonlyMap<number, number>> {
  const logs = await client.json<List<{ id: number; lineCount?: number }>>(`${PROJECT}/build/builds/${id}/logs`);
  return new Map((logs?.value ?? []).map((log) => [log.id, log.lineCount ?? 0]));
}
