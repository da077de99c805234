import type { FastifyRequest } from 'fastify';
import { invalid } from '../../../kernel/errors.ts';
import { listView, nextLink, query } from '../../arm/context.ts';
import type { AssetVersion, VersionQuery } from '../../versions.ts';
import { isObject } from '../../wire-fields.ts';

const PAGE = 100;
const LARGEST = 1000;
/** The words of links are creation times in microseconds; what is smaller was counted by whoever wrote it. */
const FIRST_WORD = 1e12;

/** What a request for a list asks for. */
export type ListQuery = VersionQuery & {
  /** How many an answer holds. */
  readonly size: number;
  /** Whether that is all that is wanted (`$top`), or a page of it. */
  readonly isWhole: boolean;
  /** How many of what fits are left out at the start. */
  readonly offset: number;
  readonly fits: (asset: AssetVersion) => boolean;
};

/**
 * Reads a list's query: `listViewType`, `$orderBy`, `$top`, `$skip` (the word of the last answer's link, or a count), `count`, `offset`, and what versions must
 * have: `tags`, `$tags` and `properties` (`a,b=value`), `version`, `description`, `stage`, `hash`.
 * @throws invalid for what can't be read
 */
export function readListQuery(request: FastifyRequest): ListQuery {
  const top = whole(request, '$top');
  const skip = whole(request, '$skip') ?? 0;
  const wanted = ['version', 'description', 'stage'].flatMap((name) => {
    const value = query(request, name);
    return value === undefined || value === '' ? [] : [[name, value] as const];
  });
  const tags = [...readPairs(request, 'tags'), ...readPairs(request, '$tags')];
  const properties = readPairs(request, 'properties');
  return {
    view: listView(request),
    oldestFirst: isOldestFirst(query(request, '$orderBy') ?? ''),
    ...(skip < FIRST_WORD ? {} : { after: skip }),
    size: Math.min(top ?? whole(request, 'count') ?? PAGE, LARGEST),
    isWhole: top !== undefined,
    offset: (whole(request, 'offset') ?? 0) + (skip < FIRST_WORD ? skip : 0),
    fits: (asset) =>
      wanted.every(([name, value]) => (name === 'version' ? asset.version : asset.properties[name]) === value) &&
      hasPairs(asset.properties['tags'], tags) &&
      hasPairs(asset.properties['properties'], properties),
  };
}

/** The link to what comes after the last one of a page. What the page left out at the start is not left out again. */
export function linkAfter(request: FastifyRequest, sequence: number): string {
  const url = new URL(nextLink(request, String(sequence)));
  url.searchParams.delete('offset');
  return url.href;
}

function whole(request: FastifyRequest, name: string): number | undefined {
  const text = query(request, name);
  if (text === undefined || text === '') return undefined;
  const number = Number(text);
  if (!Number.isInteger(number) || number < 0)
    throw invalid(`'${name}' is a whole number, not '${text.slice(0, 50)}'.`, { target: name, wire: 'UserError' });
  return number;
}

/** Clients order by the time of creation only (client source). */
function isOldestFirst(text: string): boolean {
  const match = /^\s*(?:created(?:time|at|on)?|creation(?:time|context\/createdat))?\s*(asc|desc)?\s*$/i.exec(text);
  if (!match)
    throw invalid(`not implemented: ordering by '${text.slice(0, 80)}'. Known: createdtime asc, createdtime desc.`, {
      target: '$orderBy',
      wire: 'UserError',
    });
  return match[1]?.toLowerCase() === 'asc';
}

type Pair = { readonly name: string; readonly value?: string };

/** `a,b=value`: names that must be there, some with their value (documented). */
function readPairs(request: FastifyRequest, parameter: string): Pair[] {
  const text = query(request, parameter) ?? '';
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const at = part.indexOf('=');
      return at < 0 ? { name: part } : { name: part.slice(0, at).trim(), value: part.slice(at + 1).trim() };
    });
}

function hasPairs(object: unknown, pairs: readonly Pair[]): boolean {
  return pairs.every(
    ({ name, value }) =>
      isObject(object) && Object.hasOwn(object, name) && (value === undefined || String(object[name]) === value),
  );
}
