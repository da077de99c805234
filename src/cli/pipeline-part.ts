import { nearest } from '../kernel/nearest.ts';
import { findPart, type listParts, type Part, type Plan, type UnknownPart } from '../language/index.ts';
import { UsageError } from './arguments.ts';
import type { OptionDefinition } from './command.ts';

/** `--at`, for commands that show a part of a pipeline. */
export const atOption: OptionDefinition = {
  name: 'at',
  value: 'STAGE/JOB/STEP',
  summary:
    'only this part: STAGE, STAGE/JOB or STAGE/JOB/STEP; without stages JOB or JOB/STEP; a leg of a matrix behind its job',
};

/**
 * The part that `--at` names.
 * @throws UsageError that says what there is
 */
export function partArgument(
  expanded: Parameters<typeof listParts>[0],
  plan: Plan,
  path: string,
  command: string,
): Part {
  const found = findPart(expanded, plan, path);
  if ('kind' in found) throw new UsageError(unknownPart(found), command);
  return found;
}

const mostListed = 30;

/** What to answer someone who named nothing that there is. */
export function unknownPart({ level, word, inside, names }: UnknownPart): string {
  const prefix = inside === '' ? '' : `${inside}/`;
  const near = nearest(
    word.toLowerCase(),
    names.map((name) => name.toLowerCase()),
  );
  const meant = names.find((name) => name.toLowerCase() === near);
  const where = inside === '' ? 'the pipeline' : `'${inside}'`;
  const listed = names.slice(0, mostListed).map((name) => `\n  ${prefix}${name}`);
  if (names.length > mostListed) listed.push(`\n  and ${names.length - mostListed} more`);
  const hint = meant === undefined ? '' : ` Did you mean ${prefix}${meant}?`;
  return `${where} has no ${level} '${word}'.${hint} It has:${listed.join('')}`;
}
