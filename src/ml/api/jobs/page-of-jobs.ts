import type { FastifyRequest } from 'fastify';
import { invalid } from '../../../kernel/errors.ts';
import type { Reader } from '../../../store/index.ts';
import { nextLink, type Page, pageSize, query } from '../../arm/context.ts';
import type { MlTables } from '../../tables.ts';

/** Jobs that are looked at together. */
const AT_ONCE = 50;

/**
 * One page of a workspace's jobs, newest first. Only as many are read as the page takes, however many there are; and a page goes on where
 * the last one ended, so that jobs which are submitted meanwhile are not seen twice.
 * @param show the job of a name, as it is answered; undefined for one that was deleted in this moment
 * @param isWanted whether the list has it
 * @throws invalid for a `$skip` that no page's link has
 */
export async function pageOfJobs<T>(
  request: FastifyRequest,
  reader: Reader<MlTables>,
  workspaceId: string,
  show: (name: string) => Promise<T | undefined>,
  isWanted: (job: T) => boolean,
): Promise<Page<T>> {
  const { size, isWhole } = pageSize(request);
  const value: T[] = [];
  let before = beginOf(request);
  // Where the next page begins: after the last one on this page.
  let last = before;
  for (;;) {
    const rows = await reader
      .selectFrom('ml_jobs')
      .select(['name', 'sequence'])
      .where('workspace_id', '=', workspaceId)
      .where('sequence', '<', before)
      .orderBy('sequence', 'desc')
      .limit(AT_ONCE)
      .execute();
    const jobs = await Promise.all(rows.map(({ name }) => show(name)));
    for (const [index, job] of jobs.entries()) {
      before = Number(rows[index]?.sequence);
      if (job === undefined || !isWanted(job)) continue;
      if (value.length === size) return isWhole ? { value } : { value, nextLink: nextLink(request, String(last)) };
      value.push(job);
      last = before;
    }
    if (rows.length < AT_ONCE) return { value };
  }
}

function beginOf(request: FastifyRequest): number {
  const given = query(request, '$skip');
  if (given === undefined || given === '') return Number.MAX_SAFE_INTEGER;
  if (!/^\d{1,16}$/.test(given))
    throw invalid(
      `'${given.slice(0, 50)}' is not where a page of jobs begins. Take $skip from the nextLink of the page before.`,
      {
        target: '$skip',
        wire: 'UserError',
      },
    );
  return Number(given);
}
