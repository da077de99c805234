import type { Args, Argument, Context } from '../../command.ts';
import { usageError } from '../../errors.ts';

/** The limit of a `list` that has none by itself. */
export const maxResultsArgument: Argument = {
  name: 'max_results',
  options: ['--max-results', '-r'],
  kind: 'value',
  help: 'Max number of results to return.',
};

/** How many results at most: all, where no limit is given. @throws usage errors for what is no count */
export function maxResults(args: Args): number {
  const given = args.text('max_results');
  if (given === undefined) return Number.POSITIVE_INFINITY;
  if (!/^\d+$/.test(given)) throw usageError(`argument --max-results/-r: invalid int value: '${given}'`);
  // As the clients have it, none is all.
  return Number(given) || Number.POSITIVE_INFINITY;
}

/** What of an asset or job is listed: the active, the archived, or both. */
export const archivedArguments: readonly Argument[] = [
  { name: 'include_archived', options: ['--include-archived'], kind: 'flag', help: 'List archived and active ones.' },
  { name: 'archived_only', options: ['--archived-only'], kind: 'flag', help: 'List archived ones only.' },
];

/** What the lists of jobs take: they stop at 50 unless told otherwise. */
export const jobListArguments: readonly Argument[] = [
  { ...maxResultsArgument, help: 'Max number of results to return. Default is 50.' },
  {
    name: 'all_results',
    options: ['--all-results'],
    kind: 'value',
    choices: ['true', 'false'],
    bare: 'true',
    help: 'Returns all results.',
  },
  ...archivedArguments,
];

/** The `listViewType` that the flags ask for. @throws usage errors for both flags */
export function listViewType(args: Args): string {
  const [all, archived] = [args.flag('include_archived'), args.flag('archived_only')];
  if (all && archived) throw usageError('Cannot provide both archived-only and include-archived.');
  if (all) return 'All';
  return archived ? 'ArchivedOnly' : 'ActiveOnly';
}

/** How many jobs at most; says so on stderr when there is a limit, as az does. */
export function jobLimit(context: Context, args: Args): number {
  if (args.text('all_results') === 'true') return Number.POSITIVE_INFINITY;
  const limit = args.text('max_results') === undefined ? 50 : maxResults(args);
  context.warn(`Displaying top ${limit} results from the list command.`);
  return limit;
}
