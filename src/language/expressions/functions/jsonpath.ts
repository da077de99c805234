import { notImplemented } from '../../../kernel/errors.ts';
import { filter, lookUp } from '../access.ts';
import { toText } from '../convert.ts';
import { arrayOf, type Value } from '../value.ts';
import type { ExpressionFunction } from './function.ts';

const STEP = /^(?:\.(\w+|\*)|\['([^']*)'\]|\[(\d+|\*)\])/;

/**
 * Picks parts of the answer by a path: `jsonpath('$.items[*].name')` in success criteria (documented). Members, indexes and
 * wildcards are known; filters (`[?()]`), slices and recursive descent are not implemented.
 * @param root the answer's body
 */
export function jsonpathOn(root: Value): ExpressionFunction {
  return {
    name: 'jsonpath',
    least: 1,
    most: 1,
    evaluate(call) {
      const path = toText(call.argument(0)).trim();
      let rest = path.replace(/^\$/, '');
      let value = root;
      while (rest !== '') {
        const step = STEP.exec(rest);
        if (!step) throw notImplemented(`jsonpath '${path}' from '${rest.slice(0, 50)}' on`);
        const key = step[1] ?? step[2] ?? (step[3] as string);
        value = key === '*' && step[2] === undefined ? filter(value) : lookUp(value, key);
        rest = rest.slice(step[0].length);
      }
      return typeof value === 'object' && value?.kind === 'array' ? value : arrayOf(value === null ? [] : [value]);
    },
  };
}
