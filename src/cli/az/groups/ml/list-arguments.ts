import type { Args, Argument, Context } from '../../command.ts';
import { usageError } from '../../errors.ts';

/** What every `list` of jobs and assets takes. */
export const listArguments: readonly Argument[] = [
  {
    name: 'max_results',
    options: ['--max-results', '-r'],
    kind: 'value',
    help: 'Max number of results to return. Default is 50.',
  },
  {
    name: 'all_results',
    options: ['--all-results'],
    kind: 'value',
    choices: ['true', 'false'],
    hidden: true,
    help: 'Returns all results.',
  },
  { name: 'include_archived', options: ['--include-archived'], kind: 'flag', help: 'List archived and active ones.' },
  { name: 'archived_only', options: ['--archived-only'], kind: 'flag', help: 'List archived ones only.' },
];

/** The `listViewType` that the flags ask for. */
export function listViewType(args: Args): string {
  if (args.flag('include_archived')) return 'All';
  return args.flag('archived_only') ? 'ArchivedOnly' : 'ActiveOnly';
}

/** How many results at most; says so on stderr when there is a limit, as az does. */
export function resultLimit(context: Context, args: Args): number {
  if (args.text('all_results') === 'true') return Number.POSITIVE_INFINITY;
  const given = args.text('max_results');
  const limit = given === undefined ? 50 : Number(given);
  if (!Number.isInteger(limit) || limit < 0)
    throw usageError(`argument --max-results/-r: invalid int value: '${given}'`);
  context.warn(`Displaying top ${limit} results from the list command.`);
  return limit;
}
