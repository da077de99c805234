import { invalid } from '../../../kernel/errors.ts';
import { type Entity, RUN_SEARCH, type SearchGrammar } from './grammar.ts';
import { regularExpression } from './regular-expression.ts';

export type Comparator =
  | '='
  | '!='
  | '>'
  | '>='
  | '<'
  | '<='
  | 'LIKE'
  | 'ILIKE'
  | 'RLIKE'
  | 'IN'
  | 'NOT IN'
  | 'IS NULL'
  | 'IS NOT NULL';
export type Clause = {
  readonly entity: Entity;
  readonly key: string;
  readonly comparator: Comparator;
  /** Text, number or list of texts, as the comparator wants; undefined for IS NULL. */
  readonly value: string | number | readonly string[] | undefined;
  /** What RLIKE matches by. */
  readonly expression?: (text: string) => boolean;
};
export type OrderBy = { readonly entity: Entity; readonly key: string; readonly ascending: boolean };

const FILTER_LIMIT = 20_000;

const ENTITIES: Readonly<Record<string, Entity>> = {
  metric: 'metric',
  metrics: 'metric',
  param: 'param',
  params: 'param',
  parameter: 'param',
  parameters: 'param',
  tag: 'tag',
  tags: 'tag',
  attr: 'attribute',
  attribute: 'attribute',
  attributes: 'attribute',
  run: 'attribute',
  dataset: 'dataset',
  datasets: 'dataset',
  trace: 'attribute',
  metadata: 'metadata',
  request_metadata: 'metadata',
  span: 'span',
  feedback: 'feedback',
  expectation: 'expectation',
  issue: 'issue',
};

type Token = { readonly kind: 'word' | 'quoted' | 'operator' | 'punctuation'; readonly text: string };

/**
 * Reads MLflow's search filter: clauses joined by AND, no OR, no parentheses but those of a list (documented grammar).
 * @param grammar what can be asked of the things that are searched
 * @throws invalid with the place that was not understood
 */
export function parseFilter(filter: string, grammar: SearchGrammar = RUN_SEARCH): readonly Clause[] {
  if (filter.length > FILTER_LIMIT)
    throw invalid(`The filter is longer than ${FILTER_LIMIT} characters.`, { target: 'filter' });
  const tokens = tokenize(filter);
  const clauses: Clause[] = [];
  let at = 0;
  const peek = () => tokens[at];
  const take = (what: string) => tokens[at++] ?? fail(filter, `${what} is missing at the end`);
  const isWord = (word: string) => peek()?.kind === 'word' && peek()?.text.toUpperCase() === word;

  const comparator = (): Comparator => {
    const token = take('a comparator');
    const word = token.text.toUpperCase();
    if (token.kind === 'operator') return (word === '==' ? '=' : word === '<>' ? '!=' : word) as Comparator;
    if (word === 'LIKE' || word === 'ILIKE' || word === 'IN') return word;
    if (word === 'RLIKE' && grammar.expressions) return word;
    if (word === 'RLIKE') return fail(filter, `RLIKE does not apply to ${grammar.thing}: use LIKE or ILIKE`);
    if (word === 'NOT' && isWord('IN')) {
      at++;
      return 'NOT IN';
    }
    if (word === 'IS') {
      const not = isWord('NOT');
      if (not) at++;
      if (!isWord('NULL')) return fail(filter, "'IS' is followed by NULL or NOT NULL");
      at++;
      return not ? 'IS NOT NULL' : 'IS NULL';
    }
    return fail(filter, `'${token.text}' is not a comparator`);
  };
  const valueFor = (comparison: Comparator): Clause['value'] => {
    if (comparison.startsWith('IS')) return undefined;
    if (comparison.endsWith('IN')) {
      if (take('(').text !== '(') return fail(filter, 'IN is followed by a list in parentheses');
      const values: string[] = [];
      for (;;) {
        const value = take('a value');
        if (value.kind !== 'quoted') return fail(filter, `the list's values are quoted, found '${value.text}'`);
        values.push(value.text);
        const next = take(')');
        if (next.text === ')') return values;
        if (next.text !== ',') return fail(filter, `expected ',' or ')', found '${next.text}'`);
      }
    }
    const token = take('a value');
    if (token.kind === 'quoted') return token.text;
    const number = Number(token.text);
    if (token.kind === 'word' && !Number.isNaN(number)) return number;
    return fail(filter, `'${token.text}' is neither a number nor quoted text`);
  };

  while (at < tokens.length) {
    const left = identifier(take('a column'), filter, grammar);
    known(left, grammar, filter);
    const comparison = comparator();
    const clause = checked({ ...left, comparator: comparison, value: valueFor(comparison) }, grammar, filter);
    clauses.push(comparison === 'RLIKE' ? { ...clause, expression: regularExpression(String(clause.value)) } : clause);
    if (at === tokens.length) break;
    if (!isWord('AND')) fail(filter, `clauses are joined by AND, found '${peek()?.text}'`);
    at++;
    if (at === tokens.length) fail(filter, 'a clause is missing after AND');
  }
  return clauses;
}

/** Reads one entry of `order_by`: `metrics.accuracy DESC`; ascending when it does not say. */
export function parseOrderBy(text: string, grammar: SearchGrammar = RUN_SEARCH): OrderBy {
  const match = /^(.*?)(?:\s+(asc|desc))?$/is.exec(text.trim());
  const tokens = tokenize(match?.[1] ?? '');
  const token = tokens[0];
  if (!token || tokens.length !== 1)
    throw invalid(`'${text.slice(0, 200)}' is not a column to order by.`, { target: 'order_by' });
  const column = identifier(token, text, grammar);
  known(column, { ...grammar, ...grammar.order }, text);
  return { ...column, ascending: match?.[2]?.toLowerCase() !== 'desc' };
}

/** Each of `order_by`'s entries once. @throws invalid for a column that is named twice */
export function parseOrders(texts: readonly string[], grammar: SearchGrammar): readonly OrderBy[] {
  const orders = texts.map((text) => parseOrderBy(text, grammar));
  const seen = new Set<string>();
  for (const { entity, key } of orders) {
    if (seen.has(`${entity}.${key}`))
      throw invalid(`order_by names '${key}' twice: ${texts.join(', ').slice(0, 300)}.`, { target: 'order_by' });
    seen.add(`${entity}.${key}`);
  }
  return orders;
}

const DATASET_KEYS = ['name', 'digest', 'context'];

/** @throws invalid for a column that the searched things don't have */
function known(
  column: { entity: Entity; key: string },
  grammar: Pick<SearchGrammar, 'thing' | 'entities' | 'attributes'>,
  filter: string,
): void {
  if (!grammar.entities.includes(column.entity))
    fail(filter, `${grammar.thing} are not searched or ordered by ${column.entity}s`);
  const keys = column.entity === 'attribute' ? grammar.attributes : column.entity === 'dataset' ? DATASET_KEYS : null;
  if (keys && !keys.includes(column.key))
    fail(filter, `'${column.key}' is not an attribute here: use one of ${keys.join(', ')}`);
}

function checked(clause: Clause, grammar: SearchGrammar, filter: string): Clause {
  if (clause.comparator === 'RLIKE' && typeof clause.value !== 'string')
    return fail(filter, `RLIKE takes a quoted regular expression, found ${clause.value}`);
  if (clause.entity === 'attribute' && clause.key === 'text' && !['LIKE', 'ILIKE'].includes(clause.comparator))
    return fail(filter, "a trace's text is asked for by LIKE and ILIKE");
  if (clause.entity === 'attribute' && clause.key === 'prompt' && clause.comparator !== '=')
    return fail(filter, "prompt is asked for by =: prompt = 'name/version'");
  if (clause.entity === 'issue') {
    if (clause.key !== 'id') return fail(filter, `an issue has id, not '${clause.key}'`);
    if (clause.comparator !== '=' || typeof clause.value !== 'string')
      return fail(filter, 'issue.id is text, and asked for by =');
    return clause;
  }
  if (clause.entity === 'feedback' || clause.entity === 'expectation') {
    if (clause.comparator.endsWith('IN')) return fail(filter, `${clause.comparator} does not apply to assessments`);
    if (!['>', '>=', '<', '<='].includes(clause.comparator)) return clause;
    const value = Number(clause.value);
    if (Number.isNaN(value)) return fail(filter, `${clause.comparator} compares '${clause.key}' with a number`);
    return { ...clause, value };
  }
  if (clause.entity === 'span') {
    if (!['name', 'type', 'status', 'content'].includes(clause.key) && !/^attributes\../.test(clause.key))
      return fail(filter, `a span has name, type, status, content and attributes.…, not '${clause.key}'`);
    const texts = ['LIKE', 'ILIKE'];
    const comparators = clause.key === 'content' ? texts : ['=', '!=', ...texts, 'RLIKE', 'IN', 'NOT IN'];
    if (!comparators.includes(clause.comparator) || typeof clause.value === 'number')
      return fail(filter, `span.${clause.key} is text, and asked for by ${comparators.join(', ')}`);
    return clause;
  }
  const numeric = clause.entity === 'metric' || (clause.entity === 'attribute' && grammar.numeric.includes(clause.key));
  if (numeric) {
    if (!['=', '!=', '>', '>=', '<', '<='].includes(clause.comparator))
      return fail(filter, `'${clause.key}' is a number: ${clause.comparator} does not apply`);
    const value = typeof clause.value === 'string' ? Number(clause.value) : clause.value;
    if (typeof value !== 'number' || (Number.isNaN(value) && clause.value !== 'NaN'))
      return fail(filter, `'${clause.key}' is compared with a number`);
    return { ...clause, value };
  }
  if (['>', '>=', '<', '<='].includes(clause.comparator))
    return fail(filter, `'${clause.key}' is text: ${clause.comparator} does not apply`);
  if (typeof clause.value === 'number')
    return fail(filter, `the value for '${clause.key}' is text and has to be quoted`);
  if (clause.comparator.endsWith('IN') && clause.entity !== 'attribute' && clause.entity !== 'dataset')
    return fail(filter, `${clause.comparator} applies to attributes and datasets`);
  if (clause.comparator.endsWith('IN') && grammar.lists && !grammar.lists.includes(clause.key))
    return fail(filter, `${clause.comparator} applies to ${grammar.lists.join(' and ')}`);
  if (clause.comparator.startsWith('IS') && !grammar.nulls.includes(clause.entity))
    return fail(
      filter,
      grammar.nulls.length === 0
        ? `${clause.comparator} does not apply to ${grammar.thing}`
        : `${clause.comparator} applies to ${grammar.nulls.join('s and ')}s`,
    );
  return clause;
}

/** `metrics.loss`, `tags."mlflow.user"`, `` params.`my key` ``, and a bare attribute. */
function identifier(token: Token, filter: string, grammar: SearchGrammar): { entity: Entity; key: string } {
  const dot = token.text.indexOf('.');
  const entity = dot > 0 && token.kind === 'word' ? ENTITIES[token.text.slice(0, dot).toLowerCase()] : undefined;
  if (dot > 0 && token.kind === 'word' && !entity)
    return fail(
      filter,
      `'${token.text.slice(0, dot)}' is none of metrics, params, tags, attributes, datasets, and for traces metadata, span, feedback, expectation`,
    );
  const raw = entity ? token.text.slice(dot + 1) : token.text;
  const name = /^(["`'])(.*)\1$/s.exec(raw)?.[2] ?? raw;
  if (name === '') return fail(filter, 'a name is missing after the dot');
  if (entity && entity !== 'attribute') return { entity, key: name };
  return { entity: 'attribute', key: grammar.aliases[name.toLowerCase()] ?? name.toLowerCase() };
}

const TOKEN =
  /\s+|([<>!=]=|<>|[<>=])|([(),])|((?:[^\s<>!=(),"'`]+\.)?(?:"[^"]*"|`[^`]*`|'[^']*'))|([^\s<>!=(),"'`]+)/gy;

function tokenize(filter: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  let end = 0;
  for (let match = TOKEN.exec(filter); match; match = TOKEN.exec(filter)) {
    end = TOKEN.lastIndex;
    const [, operator, punctuation, quoted, word] = match;
    if (operator) tokens.push({ kind: 'operator', text: operator });
    else if (punctuation) tokens.push({ kind: 'punctuation', text: punctuation });
    else if (quoted && /^["'`]/.test(quoted)) tokens.push({ kind: 'quoted', text: quoted.slice(1, -1) });
    else if (quoted ?? word) tokens.push({ kind: 'word', text: (quoted ?? word) as string });
  }
  if (end < filter.length) fail(filter, `cannot be read from '${filter.slice(end, end + 40)}' on`);
  return tokens;
}

function fail(filter: string, reason: string): never {
  throw invalid(
    `Invalid filter or ordering '${filter.slice(0, 300)}': ${reason}. Example: metrics.accuracy > 0.9 AND params.model = 'tree'.`,
    {
      target: 'filter',
    },
  );
}
