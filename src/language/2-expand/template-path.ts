import type { SourceFile } from './scope.ts';

/** Where a template reference leads: a repository-absolute path, and an alias in lower case (undefined: the pipeline's own). */
export type TemplateTarget =
  | { readonly kind: 'file'; readonly path: string; readonly repository: string | undefined }
  | { readonly kind: 'outside'; readonly path: string }
  | { readonly kind: 'unknown-repository'; readonly alias: string };

/**
 * Resolves a reference as written in a file. It is divided at the first `@`; `\` counts as `/`; a leading `/` means the target
 * repository's root, anything else is relative to the folder of the file, or to the root when the repositories differ.
 * @param aliases aliases of the declared repositories in lower case
 */
export function resolveTemplate(
  reference: string,
  from: SourceFile,
  aliases: { has(alias: string): boolean },
): TemplateTarget {
  const at = reference.indexOf('@');
  const written = at < 0 ? reference : reference.slice(0, at);
  const alias = at < 0 ? undefined : reference.slice(at + 1);
  let repository = from.repository;
  if (alias !== undefined) {
    const name = alias.toLowerCase();
    if (name === '' || name === 'self') repository = undefined;
    else if (aliases.has(name)) repository = name;
    else return { kind: 'unknown-repository', alias };
  }
  const path = written.replaceAll('\\', '/');
  const folder = repository === from.repository ? from.path.slice(0, from.path.lastIndexOf('/')) || '/' : '';
  const segments: string[] = [];
  for (const segment of (path.startsWith('/') ? path : `${folder}/${path}`).split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment !== '..') segments.push(segment);
    else if (segments.pop() === undefined) return { kind: 'outside', path: `${folder}/${written}` };
  }
  return { kind: 'file', path: `/${segments.join('/')}`, repository };
}
