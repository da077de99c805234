import type { FileProvider } from '../language/index.ts';

/** The files that a run was compiled from, kept with it: they may be edited a minute later. */
export type KeptSources = {
  readonly files: Readonly<Record<string, string>>;
  /** By alias in lower case. */
  readonly repositories: Readonly<Record<string, KeptRepository>>;
};

type KeptRepository = {
  readonly url: string;
  readonly ref: string;
  readonly version: string;
  readonly files: Readonly<Record<string, string>>;
};

/** Larger sources are not kept: a run's row is read often. */
const MOST_CHARACTERS = 512 * 1024;

/**
 * Hands files on and remembers them.
 * @param given texts that stand in for files, by their paths
 * @returns the provider to compile with, and what it handed out; undefined when that is too much to keep
 */
export function keepSources(
  provider: FileProvider,
  given: Readonly<Record<string, string>> = {},
): { files: FileProvider; kept(): KeptSources | undefined } {
  const own: Record<string, string> = { ...given };
  const repositories: Record<string, KeptRepository & { readonly files: Record<string, string> }> = {};
  let size = Object.values(given).reduce((sum, text) => sum + text.length, 0);
  const remember = (files: Record<string, string>, path: string, text: string | undefined) => {
    if (text === undefined || files[path] !== undefined) return;
    size += text.length;
    if (size <= MOST_CHARACTERS) files[path] = text;
  };
  return {
    files: {
      async read(path, repository) {
        const text = await provider.read(path, repository);
        remember(own, path, text);
        return text;
      },
      async repository(declared) {
        const found = await provider.repository?.(declared);
        if (!found) return undefined;
        const { url, ref, version } = found;
        const files: Record<string, string> = {};
        repositories[declared.alias.toLowerCase()] = { url, ref, version, files };
        return {
          url,
          ref,
          version,
          async read(path) {
            const text = await found.read(path);
            remember(files, path, text);
            return text;
          },
        };
      },
    },
    kept: () => (size > MOST_CHARACTERS ? undefined : { files: own, repositories }),
  };
}

/** Files as they were kept. */
export function keptFiles(sources: KeptSources): FileProvider {
  return {
    read: async (path) => own(sources.files, path),
    async repository({ alias }) {
      const found = own(sources.repositories, alias.toLowerCase());
      return found && { ...found, read: async (path) => own(found.files, path) };
    },
  };
}

/** The text of a file by the compiler's name: `/path`, or `/path@alias`. */
export function keptText(sources: KeptSources, label: string): string | undefined {
  const at = label.lastIndexOf('@');
  const found = own(sources.files, label);
  if (found !== undefined || at < 0) return found;
  const repository = own(sources.repositories, label.slice(at + 1).toLowerCase());
  return repository && own(repository.files, label.slice(0, at));
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
