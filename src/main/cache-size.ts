import { invalid } from '../kernel/errors.ts';

/**
 * The size of a cache that a variable gives in gigabytes.
 * @returns bytes; undefined where the variable is not set
 * @throws invalid for anything but a number from 0 up
 */
export function cacheSize(env: Readonly<Record<string, string | undefined>>, name: string): number | undefined {
  const text = env[name]?.trim();
  if (text === undefined || text === '') return undefined;
  const gigabytes = Number(text);
  if (!Number.isFinite(gigabytes) || gigabytes < 0)
    throw invalid(`${name} is '${text.slice(0, 40)}': expected a number of gigabytes, for example 20.`);
  return gigabytes * 1024 ** 3;
}
