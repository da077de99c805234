import type { ExpressionFunction } from './function.ts';
import { length } from './length.ts';

/** Number of items of an answer's part: `count(root['items'])` in success criteria (documented). */
export const count: ExpressionFunction = { ...length, name: 'count' };
