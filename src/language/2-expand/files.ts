import { check } from '../1-read/check.ts';
import type { Node } from '../1-read/node.ts';
import { readYaml } from '../1-read/yaml.ts';
import { collectProblems, type Diagnostic, type Problems } from '../diagnostics.ts';
import type { Limits } from '../limits.ts';
import type { RepositoryDeclaration, RepositoryFiles } from './repositories.ts';
import type { SourceFile } from './scope.ts';
import { resolveTemplate } from './template-path.ts';

/** Hands the compiler its files. */
export type FileProvider = {
  /**
   * The text of a file of the pipeline's repository. Undefined: there is no such file.
   * @param path with a leading `/`
   * @param repository the alias, in lower case, of another repository; only asked for where `repository()` isn't there
   */
  read(path: string, repository?: string): Promise<string | undefined>;
  /**
   * Finds a repository that the pipeline declares; asked once for each whose files are needed. Undefined: there is no such repository.
   */
  repository?(declared: RepositoryDeclaration): Promise<RepositoryFiles | undefined>;
};

/** Raised when the expansion meets a file that hasn't been read yet: the caller reads it and starts the expansion again. */
export class FileNeeded extends Error {
  readonly path: string;
  readonly repository: RepositoryDeclaration | undefined;

  constructor(path: string, repository: RepositoryDeclaration | undefined) {
    super(`the file ${path} has not been read yet`);
    this.path = path;
    this.repository = repository;
  }
}

/** Raised to end an expansion whose problem has been reported. */
export class ExpansionStopped extends Error {}

/** Files as read so far. Expansion itself waits for nothing: that keeps it one plain recursive walk. */
export type Files = {
  /** The text of a file, undefined when there is none. @throws FileNeeded before it was loaded */
  text(path: string, repository: RepositoryDeclaration | undefined): string | undefined;
  load(path: string, repository: RepositoryDeclaration | undefined): Promise<void>;
  /** A repository of which a file was loaded, as it was found; undefined where it was sought and isn't there. */
  found(repository: RepositoryDeclaration): RepositoryFiles | 'unknown' | undefined;
  /** The nodes of a file, judged against a shape once. Undefined when they have faults, which are reported the first time. */
  nodes(source: SourceFile, text: string, shapeName: string, problems: Problems): Node | undefined;
  /** Forgets what was reported, for a new start. */
  restart(): void;
};

/** Makes the store of files over a provider. `given` are texts that stand in for files. */
export function makeFiles(provider: FileProvider, given: ReadonlyMap<string, string>, limits: Limits): Files {
  const texts = new Map<string, string | undefined>(given);
  const repositories = new Map<string, RepositoryFiles | undefined>();
  let checked = new Map<string, Node | undefined>();
  const keyOf = (path: string, repository: string | undefined) =>
    repository === undefined ? path : `${path}@${repository}`;
  return {
    text(path, repository) {
      const key = keyOf(path, repository?.alias.toLowerCase());
      if (!texts.has(key)) throw new FileNeeded(path, repository);
      return texts.get(key);
    },
    async load(path, repository) {
      const alias = repository?.alias.toLowerCase();
      const key = keyOf(path, alias);
      if (!repository || alias === undefined || !provider.repository) {
        texts.set(key, await provider.read(path, alias));
        return;
      }
      if (!repositories.has(alias)) repositories.set(alias, await provider.repository(repository));
      texts.set(key, await repositories.get(alias)?.read(path));
    },
    found(repository) {
      return provider.repository ? repositories.get(repository.alias.toLowerCase()) : 'unknown';
    },
    nodes(source, text, shapeName, problems) {
      const key = `${shapeName} ${keyOf(source.path, source.repository)}`;
      if (checked.has(key)) return checked.get(key);
      if (checked.size >= limits.files) {
        problems.inFile(source.label, 'too-many-files', String(limits.files));
        throw new ExpansionStopped();
      }
      const before = problems.list.length;
      const node = readFile(text, source.label, shapeName, problems, limits);
      const result = problems.list.length > before ? undefined : node;
      checked.set(key, result);
      return result;
    },
    restart() {
      checked = new Map();
    },
  };
}

/** Reads and judges one file; its problems come in document order. */
export function readFile(
  text: string,
  label: string,
  shapeName: string,
  problems: Problems,
  limits: Limits,
): Node | undefined {
  const found = collectProblems();
  const { node, end } = readYaml(text, label, found, limits.fileBytes);
  const judged = collectProblems();
  if (node) check(node, shapeName, judged);
  // What stands behind the place where the reading stopped was never judged, nor is missing what might have come.
  // The parser looks ahead: of the line that stops it nothing has been handed on.
  const isBefore = (one: Diagnostic) => !end || (one.code !== 'not-enough-keys' && (one.line ?? 0) < end.line);
  const stops = new Set(found.list.filter((one) => end !== undefined && endings.has(one.code)));
  // What a mapping lacks is known at its end only, though its beginning is named.
  let last: Mark = { line: 0, column: 0 };
  const placed = judged.list.map((one) => {
    const own = markOf(one);
    last = one.code === 'not-enough-keys' && compareMarks(own, last) < 0 ? last : own;
    return { one, mark: last };
  });
  const others = found.list.filter((one) => !stops.has(one)).map((one) => ({ one, mark: markOf(one) }));
  const inOrder = [...others, ...placed]
    .filter(({ one }) => isBefore(one))
    .sort((a, b) => compareMarks(a.mark, b.mark));
  for (const { one } of inOrder) problems.add(one);
  for (const one of stops) problems.add(one);
  return node;
}

type Mark = { readonly line: number; readonly column: number };

function markOf(one: Diagnostic): Mark {
  return { line: one.line ?? 0, column: one.column ?? 0 };
}

function compareMarks(a: Mark, b: Mark): number {
  return a.line - b.line || a.column - b.column;
}

/** The problems with which the reading of a file ends. */
const endings: ReadonlySet<string> = new Set([
  'syntax-error',
  'anchors-not-supported',
  'too-deep',
  'document-expected-end',
]);

const reference = /\btemplate:[ \t]*(?:'([^'\n]+)'|"([^"\n]+)"|([^\s'"#][^\n#]*))/g;

/** The template files that a text names literally: worth reading before the expansion starts. A wrong guess costs one look. */
export function literalReferences(
  text: string,
  source: SourceFile,
  aliases: { has(alias: string): boolean },
): { path: string; repository: string | undefined }[] {
  const found = new Map<string, { path: string; repository: string | undefined }>();
  for (const [, single, double, plain] of text.matchAll(reference)) {
    const written = (single ?? double ?? plain ?? '').trim();
    if (written.includes('${{')) continue;
    const target = resolveTemplate(written, source, aliases);
    if (target.kind === 'file')
      found.set(`${target.path}@${target.repository}`, { path: target.path, repository: target.repository });
  }
  return [...found.values()];
}
