import { always } from './always.ts';
import { and } from './and.ts';
import { canceled } from './canceled.ts';
import { coalesce } from './coalesce.ts';
import { contains } from './contains.ts';
import { containsValue } from './contains-value.ts';
import { convertToJson } from './convert-to-json.ts';
import { counter } from './counter.ts';
import { endsWith } from './ends-with.ts';
import { eq } from './eq.ts';
import { failed } from './failed.ts';
import { format } from './format.ts';
import type { ExpressionFunction } from './function.ts';
import { ge } from './ge.ts';
import { gt } from './gt.ts';
import { iif } from './iif.ts';
import { inFunction } from './in.ts';
import { join } from './join.ts';
import { le } from './le.ts';
import { length } from './length.ts';
import { lower } from './lower.ts';
import { lt } from './lt.ts';
import { ne } from './ne.ts';
import { not } from './not.ts';
import { notIn } from './not-in.ts';
import { or } from './or.ts';
import { replace } from './replace.ts';
import { split } from './split.ts';
import { startsWith } from './starts-with.ts';
import { substring } from './substring.ts';
import { succeeded } from './succeeded.ts';
import { succeededOrFailed } from './succeeded-or-failed.ts';
import { trim } from './trim.ts';
import { upper } from './upper.ts';
import { xor } from './xor.ts';

/** Functions that exist everywhere. A new one is a file of its own and a line here. */
export const generalFunctions: readonly ExpressionFunction[] = [
  and,
  coalesce,
  contains,
  containsValue,
  convertToJson,
  endsWith,
  eq,
  format,
  ge,
  gt,
  iif,
  inFunction,
  join,
  le,
  length,
  lower,
  lt,
  ne,
  not,
  notIn,
  or,
  replace,
  split,
  startsWith,
  substring,
  trim,
  upper,
  xor,
];

/** Functions of conditions. */
export const statusFunctions: readonly ExpressionFunction[] = [always, canceled, failed, succeeded, succeededOrFailed];

/** Functions of runtime variables. */
export const variableFunctions: readonly ExpressionFunction[] = [counter];
