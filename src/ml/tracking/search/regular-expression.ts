import { RE2JS } from 're2js';
import { invalid, limitExceeded } from '../../../kernel/errors.ts';

const PATTERN_LIMIT = 1000;
/** Characters times the size of what the pattern becomes that one filter may cost a search: below a second. */
const WORK_LIMIT = 100_000_000;

/**
 * Makes a search for a regular expression: whether it fits anywhere in a text. The reference server takes those of Python's `re`; here they are RE2's, which
 * are the same but for references back, looking ahead and behind, and a few escapes (`\Z`, `\u`), because RE2 takes no pattern that could go on
 * without end. What one search may cost altogether is bounded.
 * @throws invalid for what is no such expression. The search throws limit when its texts together cost too much
 */
export function regularExpression(pattern: string): (text: string) => boolean {
  if (pattern.length > PATTERN_LIMIT)
    throw invalid(`A regular expression has at most ${PATTERN_LIMIT} characters, found ${pattern.length}.`, {
      target: 'filter',
    });
  const compiled = compile(pattern);
  const size = compiled.programSize();
  let work = WORK_LIMIT;
  return (text) => {
    work -= size * (text.length + 1);
    if (work < 0)
      throw limitExceeded(
        `RLIKE '${pattern.slice(0, 200)}' takes too long over what the other clauses leave: narrow them, by timestamp_ms for instance, or use LIKE.`,
      );
    return compiled.matcher(text).find();
  };
}

function compile(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (cause) {
    const said = (cause as Error).message.replace(/^error parsing regexp: /, '');
    throw invalid(
      `'${pattern.slice(0, 200)}' cannot be searched for: ${said.slice(0, 300)}. RLIKE takes the regular expressions of RE2: no references back and no looking ahead or behind; a character that is meant as it is comes after a \\.`,
      { target: 'filter', cause },
    );
  }
}
