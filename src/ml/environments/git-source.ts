import { createHash } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { lstat, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type DomainError, invalid } from '../../kernel/errors.ts';
import type { GitContext } from '../git-context.ts';
import { runTool, type ToolResult } from './run-tool.ts';

export type GitSourceDeps = {
  /** Absolute; contexts are fetched into folders of it, and removed again. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Bytes of what is fetched, and of the files that it has; default 1 GiB. */
  readonly limit?: number;
  /** Milliseconds of one build context's fetching; default ten minutes. */
  readonly timeout?: number;
};

export type GitWork = { readonly log: (line: string) => void; readonly signal: AbortSignal };

/** Build contexts in git repositories. */
export type GitSource = {
  /** The commit that the context's reference names now; the last one that it named where the repository cannot be reached. @throws invalid when there is none, or the repository does not answer */
  commitOf(name: string, context: GitContext, work: GitWork): Promise<string>;
  /** Hands the folder of a commit to `use`, and removes it after. @throws invalid for what is too large or not there */
  fetched<T>(
    name: string,
    context: GitContext,
    commit: string,
    work: GitWork,
    use: (folder: string) => Promise<T>,
  ): Promise<T>;
};

const LIMIT = 1024 ** 3;
const FILES = 100_000;
const TIMEOUT_MS = 10 * 60_000;
/** Sizes that a shell limits files by are told in blocks of this many bytes (POSIX). */
const BLOCK = 512;
const UNREACHABLE =
  /could not resolve host|failed to connect|couldn't connect|timed out|connection (?:refused|reset)|unable to connect/i;
const COMMIT = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/i;

/** Fetches by the machine's git, with what its user has set up for it: credential helpers, keys, proxies. */
export function createGitSource(deps: GitSourceDeps): GitSource {
  const limit = deps.limit ?? LIMIT;
  const git = async (name: string, context: GitContext, words: readonly string[], work: GitWork, cwd?: string) => {
    const late = AbortSignal.timeout(deps.timeout ?? TIMEOUT_MS);
    // No file that git writes may be larger: a repository is one file on its way here.
    const limited = `ulimit -f ${Math.ceil(limit / BLOCK)} && exec "$@"`;
    try {
      return await runTool({
        command: ['sh', '-c', limited, 'sh', 'git', '--literal-pathspecs', ...SAFE, ...words],
        env: environmentFor(deps.env, context),
        cwd: cwd ?? deps.folder,
        log: work.log,
        signal: AbortSignal.any([work.signal, late]),
      });
    } catch (error) {
      if (late.aborted && !work.signal.aborted)
        throw unfit(
          name,
          context,
          `fetching took longer than ${Math.round((deps.timeout ?? TIMEOUT_MS) / 60_000)} minutes`,
        );
      throw error;
    }
  };
  return {
    async commitOf(name, context, work) {
      await mkdir(deps.folder, { recursive: true, mode: 0o700 });
      const { reference } = context;
      if (reference !== undefined && COMMIT.test(reference)) return reference.toLowerCase();
      // A tag with a text of its own names its commit by the second form.
      const patterns = reference === undefined ? ['HEAD'] : [reference, `${reference}^{}`];
      const quiet = { log: () => {}, signal: work.signal };
      const result = await git(name, context, ['ls-remote', '--quiet', '--', context.url, ...patterns], quiet);
      const last = lastCommitFile(deps.folder, context);
      if (result.exitCode !== 0) {
        // A machine that is offline goes on with what it has built.
        const known = UNREACHABLE.test(result.lastLines.join('\n')) ? await readFile(last, 'utf8').catch(() => '') : '';
        if (!COMMIT.test(known)) throw failed(name, context, result, limit);
        work.log(`${context.url} cannot be reached: the commit that it had last is taken, ${known}`);
        return known;
      }
      const found = new Map(result.stdout.map((line) => line.split('\t').reverse() as [string, string]));
      for (const full of reference === undefined ? ['HEAD'] : fullNames(reference)) {
        const commit = found.get(`${full}^{}`) ?? found.get(full);
        if (commit === undefined) continue;
        await mkdir(dirname(last), { recursive: true, mode: 0o700 });
        await writeFile(last, commit, { mode: 0o600 });
        return commit;
      }
      throw unfit(
        name,
        context,
        reference === undefined
          ? 'the repository is empty'
          : `the repository has no branch or tag '${reference}' (a commit is named by all of its digits)`,
      );
    },
    async fetched(name, context, commit, work, use) {
      await mkdir(deps.folder, { recursive: true, mode: 0o700 });
      const root = mkdtempSync(join(deps.folder, 'fetch-'));
      const inRoot = (words: readonly string[], more: Partial<GitWork> = {}) =>
        git(name, context, words, { ...work, ...more }, root);
      try {
        work.log(`fetching the build context from ${context.url}, commit ${commit}`);
        const steps = [
          ['init', '--quiet', '--template='],
          // What the reference names: servers of the older protocol hand out no other commit.
          ['fetch', '--quiet', '--depth=1', '--no-tags', '--', context.url, commit],
        ];
        for (const words of steps) {
          let result = await inRoot(words);
          if (result.exitCode !== 0 && words[0] === 'fetch' && /unadvertised object/i.test(result.lastLines.join('\n')))
            result = await inRoot([...words.slice(0, -1), context.reference ?? 'HEAD']);
          if (result.exitCode !== 0) throw failed(name, context, result, limit);
        }
        await checkSize(name, context, limit, work, (log, signal) => inRoot(lsTree(context), { log, signal }));
        const checkedOut = await inRoot(['checkout', '--quiet', 'FETCH_HEAD', '--', context.folder]);
        if (checkedOut.exitCode !== 0) throw failed(name, context, checkedOut, limit);
        await rm(join(root, '.git'), { recursive: true });
        const folder = join(root, context.folder);
        if (!(await lstat(folder)).isDirectory()) throw unfit(name, context, `'${context.folder}' is no folder`);
        return await use(folder);
      } finally {
        await rm(root, { recursive: true, force: true });
      }
    },
  };
}

/** Nothing that a repository says is run, and no other repository is fetched with it. */
const SAFE = ['core.hooksPath=/dev/null', 'core.fsmonitor=false', 'submodule.recurse=false'].flatMap((one) => [
  '-c',
  one,
]);

const lsTree = ({ folder }: GitContext) => [
  'ls-tree',
  '-r',
  '-l',
  'FETCH_HEAD',
  '--',
  ...(folder === '.' ? [] : [folder]),
];

/** Where it is kept which commit a reference named last. */
function lastCommitFile(folder: string, { url, reference }: GitContext): string {
  const hash = createHash('sha256').update(JSON.stringify([url, reference ?? '']));
  return join(folder, 'commits', hash.digest('hex').slice(0, 32));
}

/** Names in the order in which git reads a short one. */
const fullNames = (reference: string) => [
  reference,
  `refs/${reference}`,
  `refs/tags/${reference}`,
  `refs/heads/${reference}`,
];

function environmentFor(env: GitSourceDeps['env'], { url, authorization }: GitContext): Record<string, string> {
  const own = Object.fromEntries(
    Object.entries(env).filter(
      (entry): entry is [string, string] =>
        entry[1] !== undefined &&
        !/^GIT_(?:DIR|WORK_TREE|INDEX_FILE|OBJECT_DIRECTORY|ALTERNATE_|NAMESPACE)/.test(entry[0]),
    ),
  );
  const known = Number(own['GIT_CONFIG_COUNT'] ?? 0);
  return {
    ...own,
    LC_ALL: 'C',
    // There is nobody to ask.
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: 'true',
    GIT_SSH_COMMAND: own['GIT_SSH_COMMAND'] ?? 'ssh -o BatchMode=yes -o ConnectTimeout=30',
    GIT_ALLOW_PROTOCOL: 'https:http:ssh:git',
    // Not among the arguments: every user of the machine sees those.
    ...(authorization === undefined
      ? {}
      : {
          GIT_CONFIG_COUNT: String(known + 1),
          [`GIT_CONFIG_KEY_${known}`]: `http.${new URL(url).origin}/.extraHeader`,
          [`GIT_CONFIG_VALUE_${known}`]: `Authorization: ${authorization}`,
        }),
  };
}

/** Adds up the files of the context before any of them is written: a small repository may hold a large tree. */
async function checkSize(
  name: string,
  context: GitContext,
  limit: number,
  work: GitWork,
  list: (log: (line: string) => void, signal: AbortSignal) => Promise<ToolResult>,
): Promise<void> {
  const tooLarge = new AbortController();
  let [files, bytes] = [0, 0];
  const count = (line: string) => {
    const [, type, , size] = /^\d+ (\w+) ([0-9a-f]+) +(\d+|-)\t/.exec(line) ?? [];
    if (type === 'commit')
      work.log(`left out: ${line.slice(line.indexOf('\t') + 1)} is a submodule, which is not fetched`);
    files += 1;
    bytes += Number(size) || 0;
    if (files > FILES || bytes > limit) tooLarge.abort();
  };
  const listed = await list(count, AbortSignal.any([work.signal, tooLarge.signal])).catch((error: unknown) => {
    if (tooLarge.signal.aborted) return undefined;
    throw error;
  });
  if (listed === undefined || tooLarge.signal.aborted) throw unfit(name, context, tooLargeText(limit));
  if (listed.exitCode !== 0) throw failed(name, context, listed, limit);
  if (files === 0) throw unfit(name, context, `the repository has no folder '${context.folder}'`);
}

const tooLargeText = (limit: number) =>
  `it is larger than ${Math.round(limit / 1024 ** 2)} MiB, or has more than ${FILES} files. Name the folder of its Dockerfile after the reference, or upload that folder`;

function unfit(name: string, { url }: GitContext, why: string): DomainError {
  return invalid(`The build context of the environment '${name}' cannot be had from ${url}: ${why}.`, {
    wire: 'EnvironmentBuildFailed',
    target: 'environment',
  });
}

function failed(name: string, context: GitContext, result: ToolResult, limit: number): DomainError {
  const lines = result.lastLines.filter((line) => line.trim() !== '').slice(-6);
  const text = lines.join('\n');
  // The limit ends git or a part of it by a signal, or its writing by an error.
  if (/signal 25|file too large|size limit exceeded/i.test(text) || result.exitCode === 153)
    return unfit(name, context, `the repository is larger than is fetched here. ${tooLargeText(limit)}`);
  const next = /not found$|exec: git/m.test(text)
    ? 'Install git'
    : /could not read Username|Authentication failed|Permission denied|returned error: 40[13]/i.test(text)
      ? "The repository wants credentials: set up a credential helper or a key for this server's user, or put 'user:token@' before the host"
      : UNREACHABLE.test(text)
        ? 'Check the network, and the proxy that git uses'
        : 'Check the address, and that git can fetch it on this machine';
  return unfit(
    name,
    context,
    `git ended with exit code ${result.exitCode}.\n${lines.map((line) => `  ${line}`).join('\n')}\n${next}`,
  );
}
