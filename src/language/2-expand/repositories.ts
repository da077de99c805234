import { childOf, type Node, type Place, textOf } from '../1-read/node.ts';

/** A repository as a pipeline declares it under `resources: repositories`. */
export type RepositoryDeclaration = {
  /** As written; references to it ignore case. */
  readonly alias: string;
  /** `git` when not written. */
  readonly type: string;
  /** `repository` or `project/repository`, or what else the type's names are. */
  readonly name: string;
  readonly ref?: string;
  readonly endpoint?: string;
};

/** A repository that was found, at one commit. */
export type RepositoryFiles = {
  /** What messages call it. */
  readonly url: string;
  readonly ref: string;
  readonly version: string;
  /** The text of a file by its path with a leading `/`. Undefined: there is no such file. */
  read(path: string): Promise<string | undefined>;
};

/** The declared repositories by their aliases in lower case, each with its place. A later one of the same alias wins. */
export type DeclaredRepositories = ReadonlyMap<string, DeclaredRepository>;

type DeclaredRepository = RepositoryDeclaration & {
  readonly place: Place;
  /** Its ref is an expression, which hasn't been evaluated. */
  readonly hasOpenRef: boolean;
};

/**
 * Reads the repositories that a pipeline or an extended template declares.
 * @param textAt gives the text of a field, which may be an expression; undefined where it is none
 */
export function declaredRepositories(
  root: Node,
  textAt: (field: Node) => string | undefined = plainText,
): DeclaredRepositories {
  const list = childOf(childOf(root, 'resources'), 'repositories');
  const items = list?.kind === 'sequence' ? list.items : [];
  return new Map(
    items.map((item) => {
      const field = childOf(item, 'ref');
      const { file, line, column } = item;
      const ref = field && textAt(field);
      const declaration = {
        ...repositoryDeclaration(item, ref),
        place: { file, line, column },
        hasOpenRef: field !== undefined && ref === undefined,
      };
      return [declaration.alias.toLowerCase(), declaration];
    }),
  );
}

/** How a message names a repository: its address, branch and commit. */
export function describeFiles(found: Omit<RepositoryFiles, 'read'>): string {
  return `${found.url} branch ${found.ref} version ${found.version}`;
}

/** Reads one item of `resources: repositories`. @param ref its `ref`, when that isn't plain text */
export function repositoryDeclaration(item: Node, ref = textOf(item, 'ref')): RepositoryDeclaration {
  const endpoint = textOf(item, 'endpoint');
  return {
    alias: textOf(item, 'repository') ?? '',
    type: textOf(item, 'type') ?? 'git',
    name: textOf(item, 'name') ?? '',
    ...(ref ? { ref } : {}),
    ...(endpoint ? { endpoint } : {}),
  };
}

/**
 * Chooses, of the things that a person gave for repositories, the one meant for a declared repository: by its alias, else by its whole
 * name, else by its name without the project. Case is ignored; of several the last counts.
 */
export function chooseForRepository<T extends { readonly name: string }>(
  given: readonly T[],
  declared: Pick<RepositoryDeclaration, 'alias' | 'name'>,
): T | undefined {
  for (const wanted of [declared.alias, declared.name, declared.name.split('/').at(-1) ?? '']) {
    const found = given.findLast((one) => wanted !== '' && one.name.toLowerCase() === wanted.toLowerCase());
    if (found) return found;
  }
  return undefined;
}

/** `checkout: git://project/repository@ref`: a repository that is not declared (documented). Undefined for other text. */
export function inlineRepository(written: string): RepositoryDeclaration | undefined {
  const match = /^git:\/\/([^@]+)(?:@(.+))?$/i.exec(written);
  if (!match) return undefined;
  const [, name = '', ref] = match;
  return { alias: written, type: 'git', name, ...(ref === undefined ? {} : { ref }) };
}

function plainText(node: Node): string | undefined {
  return node.kind === 'scalar' ? node.text : undefined;
}
