import { invalid } from '../../kernel/errors.ts';
import { insideRoot } from '../../kernel/paths.ts';
import { fieldOf, textField } from '../wire-fields.ts';

/** Files of one snapshot; clients refuse more than 2,000 unless they are told not to (client source). */
export const FILES_LIMIT = 20_000;
const DEPTH_LIMIT = 64;
const PATH_LIMIT = 900;

/** One file or folder of a snapshot, as clients read it (client source: the model of a directory tree). */
export type TreeNode = {
  readonly name: string;
  readonly type: 'File' | 'Directory';
  readonly hash: null;
  readonly timestamp: string;
  readonly sasUrl: string | null;
  readonly sizeBytes: number;
  readonly children: Record<string, TreeNode>;
};

/** The tree of files. @param leaf what is told of each */
export function treeOf<File extends { readonly path: string; readonly size: number }>(
  files: readonly File[],
  timestamp: string,
  sasUrl: (file: File) => string,
): TreeNode {
  const folder = (name: string): TreeNode => ({
    name,
    type: 'Directory',
    hash: null,
    timestamp,
    sasUrl: null,
    sizeBytes: 0,
    children: Object.create(null),
  });
  const root = folder('');
  for (const file of files) {
    const names = file.path.split('/');
    const name = names.pop() as string;
    let inside = root;
    for (const part of names) {
      const next = inside.children[part] ?? folder(part);
      inside.children[part] = next;
      inside = next;
    }
    inside.children[name] = { ...folder(name), type: 'File', sasUrl: sasUrl(file), sizeBytes: file.size };
  }
  return root;
}

/**
 * The paths of the files of a tree that a client sent.
 * @throws invalid for one that is malformed, has too many files, or names that lead elsewhere
 */
export function pathsOfTree(root: unknown): string[] {
  const paths: string[] = [];
  const walk = (node: unknown, prefix: string, depth: number): void => {
    if (depth > DEPTH_LIMIT) throw bad(`The tree has more than ${DEPTH_LIMIT} levels.`);
    const children = fieldOf(node as object | undefined, 'children') ?? {};
    if (typeof children !== 'object' || Array.isArray(children))
      throw bad(`The 'children' of '${prefix.slice(0, 200)}' are an object by name.`);
    for (const [name, child] of Object.entries(children as object)) {
      if (name === '' || name === '.' || name === '..' || /[/\\]/.test(name))
        throw bad(`'${name.slice(0, 200)}' is no name of a file or folder.`);
      const path = `${prefix}${name}`;
      if (textField(child, 'type')?.toLowerCase() === 'file') paths.push(checkedPath(path));
      else walk(child, `${path}/`, depth + 1);
      if (paths.length > FILES_LIMIT) throw bad(`A snapshot has at most ${FILES_LIMIT} files.`);
    }
  };
  walk(root, '', 0);
  return paths;
}

/** @returns the path with `/`, as a blob's name has it. @throws invalid for one that leaves its snapshot */
export function checkedPath(path: string): string {
  const clean = path.replaceAll('\\', '/');
  insideRoot('/', clean);
  if (clean === '' || clean.length > PATH_LIMIT || clean.split('/').some((name) => ['', '.', '..'].includes(name)))
    throw bad(
      `'${path.slice(0, 200)}' is not the path of a file below its snapshot, of at most ${PATH_LIMIT} characters.`,
    );
  return clean;
}

const bad = (message: string) => invalid(message, { target: 'DirTreeNode' });
