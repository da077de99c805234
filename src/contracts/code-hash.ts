/** The version of the rule by which the content of code is hashed. */
export const CODE_HASH_VERSION = '202208';

/** A file of a code folder. */
export type CodeFile = {
  /** From the folder's top, with `/`. A single file goes by its own name. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
};

/**
 * What client and service hash of a code folder, SHA-256 in the end, by which the same code is found again: first `head`, the number of files
 * and each one's path and size, then each file's bytes in the order of `files`, that of lower-cased paths (client source).
 */
export function codeHashInput<File extends CodeFile>(files: readonly File[]): { head: string; files: File[] } {
  const ordered = [...files].sort((a, b) => compare(a.path.toLowerCase(), b.path.toLowerCase()));
  const head = ordered.reduce((text, file) => `${text}#${file.path}#${file.size}`, String(ordered.length));
  return { head, files: ordered };
}

function compare(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
