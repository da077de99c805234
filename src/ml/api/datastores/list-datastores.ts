import type { FastifyRequest } from 'fastify';
import { invalid } from '../../../kernel/errors.ts';
import { nextLink, query } from '../../arm/context.ts';
import type { DatastoreRecord } from '../../datastores.ts';
import { countField, flagField } from '../../wire-fields.ts';

/** As the specification has it. */
const PAGE = 30;
const LARGEST = 1000;

/**
 * A page of datastores as a request asks for it: `isDefault`, `names`, `searchText`, `orderBy` (createdtime, modifiedtime, name), `orderByAsc`, `count`.
 * @param all in the order of their making
 * @throws invalid for another order
 */
export function pageOfDatastores(
  request: FastifyRequest,
  all: readonly DatastoreRecord[],
): { value: readonly DatastoreRecord[]; nextLink?: string } {
  const asked = (name: string) => ({ [name]: query(request, name) });
  const isDefault = flagField(asked('isDefault'), 'isDefault');
  const names = namesOf(request);
  const text = query(request, 'searchText')?.toLowerCase() ?? '';
  const found = all.filter(
    (store) =>
      (isDefault === undefined || store.isDefault === isDefault) &&
      (names === undefined || names.has(store.name)) &&
      store.name.toLowerCase().includes(text),
  );
  const order = (query(request, 'orderBy') ?? 'createdtime').toLowerCase();
  if (!['createdtime', 'modifiedtime', 'name'].includes(order))
    throw invalid(`'orderBy' is createdtime, modifiedtime or name, not '${order.slice(0, 50)}'.`, {
      target: 'orderBy',
      wire: 'UserError',
    });
  const keyOf = ({ name, document }: DatastoreRecord) =>
    order === 'name'
      ? name
      : String((order === 'modifiedtime' ? document['modifiedAt'] : undefined) ?? document['createdAt'] ?? '');
  const sign = flagField(asked('orderByAsc'), 'orderByAsc') === true ? 1 : -1;
  // Those of one moment stay in the order in which they were made.
  const sorted = found
    .map((store, index) => ({ store, key: keyOf(store), index }))
    .sort((a, b) => (a.key === b.key ? a.index - b.index : sign * (a.key < b.key ? -1 : 1)))
    .map(({ store }) => store);
  const skip = countField(asked('$skip'), '$skip') ?? 0;
  const size = Math.min(Math.max(1, countField(asked('count'), 'count') ?? PAGE), LARGEST);
  const value = sorted.slice(skip, skip + size);
  return skip + size < sorted.length ? { value, nextLink: nextLink(request, String(skip + size)) } : { value };
}

/** Given once each, or with commas. */
function namesOf(request: FastifyRequest): ReadonlySet<string> | undefined {
  const given = (request.query as Record<string, string | string[] | undefined>)['names'];
  if (given === undefined || given === '') return undefined;
  return new Set(
    [given]
      .flat()
      .flatMap((text) => text.split(','))
      .map((name) => name.trim()),
  );
}
