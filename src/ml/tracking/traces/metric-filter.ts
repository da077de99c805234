import { invalid } from '../../../kernel/errors.ts';

/** One condition on what is counted: always that something equals a text. */
export type TraceMetricFilter =
  | { readonly of: 'trace'; readonly field: 'status'; readonly value: string }
  | { readonly of: 'trace'; readonly field: 'tag' | 'metadata'; readonly key: string; readonly value: string }
  | { readonly of: 'span'; readonly field: 'name' | 'status' | 'type'; readonly value: string }
  | { readonly of: 'assessment'; readonly field: 'name' | 'type'; readonly value: string };

/** What each thing may be asked for, and whether a key comes after it. */
const FIELDS: Readonly<Record<string, Readonly<Record<string, boolean>>>> = {
  trace: { status: false, tag: true, metadata: true },
  span: { name: false, status: false, type: false },
  assessment: { name: false, type: false },
};
const FILTER_LIMIT = 20_000;
const FILTER = /^\s*`?(\w+)`?\.(\w+)(?:\.(`[^`]*`|"[^"]*"|'[^']*'|[^\s=<>!'"`]+))?\s*(=|!=|<>|[<>]=?|\w+)\s*(.*?)\s*$/s;

/**
 * Reads a filter of figures over traces: `trace.status = 'OK'`, ``trace.tag.`my key` = 'x'``, `span.name = 'x'`, `assessment.type = 'feedback'`. One
 * clause a filter, and `=` alone (reference server's source).
 * @param view what is counted: spans and assessments are asked for in their own view alone
 * @throws invalid
 */
export function parseMetricFilter(filter: string, view: 'TRACES' | 'SPANS' | 'ASSESSMENTS'): TraceMetricFilter {
  const refuse = (reason: string): never => {
    throw invalid(`Invalid filter '${filter.slice(0, 300)}': ${reason}. Example: trace.status = 'OK'.`, {
      target: 'filters',
    });
  };
  if (filter.length > FILTER_LIMIT) return refuse(`it is longer than ${FILTER_LIMIT} characters`);
  const [, of = '', field = '', quotedKey, comparator, quoted = ''] =
    FILTER.exec(filter) ??
    refuse('it is not one clause, such as trace.<field>, span.<field> or assessment.<field>, = and a text');
  const fields = Object.hasOwn(FIELDS, of) ? FIELDS[of] : undefined;
  if (!fields) return refuse(`'${of}' is none of ${Object.keys(FIELDS).join(', ')}`);
  if (!Object.hasOwn(fields, field)) return refuse(`a ${of} is asked for its ${Object.keys(fields).join(', ')}`);
  if (fields[field] && quotedKey === undefined) return refuse(`${of}.${field} is followed by a key`);
  if (!fields[field] && quotedKey !== undefined) return refuse(`${of}.${field} is followed by no key`);
  if (comparator !== '=') return refuse(`'${comparator}' is not =, which is the one comparator here`);
  const value = /^(['"])(.*)\1$/s.exec(quoted);
  if (!value || (value[2] as string).includes(value[1] as string)) return refuse('the value is one quoted text');
  if (of === 'span' && view !== 'SPANS') return refuse('spans are asked for in the view SPANS');
  if (of === 'assessment' && view !== 'ASSESSMENTS') return refuse('assessments are asked for in the view ASSESSMENTS');
  const key = quotedKey?.replace(/^([`"'])(.*)\1$/s, '$2');
  return { of, field, ...(key === undefined ? {} : { key }), value: value[2] as string } as TraceMetricFilter;
}
