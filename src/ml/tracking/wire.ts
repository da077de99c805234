import { statusOf, type WireError } from '../../http/index.ts';
import { type DomainError, invalid } from '../../kernel/errors.ts';

/** The longest key of a metric, parameter or tag (documented). */
const KEY_LIMIT = 250;
/** The longest value of a run's tag (documented). */
export const RUN_TAG_LIMIT = 8000;
/** The same in the model registry (documented). */
export const REGISTRY_TAG_LIMIT = 100_000;

/** MLflow's error codes for the domain's. Permanent failures never map to a status that clients retry (408, 429, 5xx). */
const CODES: Readonly<Record<DomainError['code'], { code: string; status?: number }>> = {
  invalid: { code: 'INVALID_PARAMETER_VALUE' },
  'not-found': { code: 'RESOURCE_DOES_NOT_EXIST' },
  // The service answers an existing name with 400, not 409 (documented).
  conflict: { code: 'RESOURCE_ALREADY_EXISTS', status: 400 },
  forbidden: { code: 'PERMISSION_DENIED' },
  unauthenticated: { code: 'UNAUTHENTICATED' },
  unavailable: { code: 'TEMPORARILY_UNAVAILABLE' },
  limit: { code: 'INVALID_PARAMETER_VALUE', status: 400 },
  'not-implemented': { code: 'NOT_IMPLEMENTED' },
  internal: { code: 'INTERNAL_ERROR' },
};

/** A domain error in MLflow's shape: `{error_code, message}`. */
export function toMlflowError(error: DomainError): WireError {
  const { code, status } = CODES[error.code];
  return { status: status ?? statusOf(error), body: { error_code: error.wire ?? code, message: error.message } };
}

export type Fields = Readonly<Record<string, unknown>>;

/** The request's fields: a JSON object of a POST, or the query of a GET. */
export function fieldsOf(value: unknown): Fields {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw invalid('The request is a JSON object.');
  return value as Fields;
}

/** A text field. @throws invalid when it is missing and has no default, isn't text, or is longer than `limit` characters */
export function text(fields: Fields, name: string, options: { fallback?: string; limit?: number } = {}): string {
  const value = fields[name] ?? options.fallback;
  if (value === undefined) throw invalid(`Missing value for required parameter '${name}'.`, { target: name });
  if (typeof value !== 'string' && typeof value !== 'number')
    throw invalid(`Parameter '${name}' is text, found ${typeof value}.`, { target: name });
  const found = String(value);
  if (options.limit !== undefined && found.length > options.limit)
    throw invalid(`Parameter '${name}' is longer than ${options.limit} characters (${found.length}).`, {
      target: name,
    });
  return found;
}

/** A name that has to say something. */
export function key(fields: Fields, name = 'key'): string {
  const found = text(fields, name, { limit: KEY_LIMIT });
  if (found === '') throw invalid(`Parameter '${name}' is empty.`, { target: name });
  return found;
}

/** An int64, which JSON clients send as a number or as text. */
export function integer(fields: Fields, name: string, fallback?: number): number {
  const value = fields[name] ?? fallback;
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number))
    throw invalid(`Parameter '${name}' is a whole number, found ${JSON.stringify(value ?? null)}.`, { target: name });
  return Math.trunc(number);
}

/** A list of objects. @throws invalid when it is longer than `limit` */
export function list(fields: Fields, name: string, limit: number): readonly Fields[] {
  const value = fields[name] ?? [];
  if (!Array.isArray(value)) throw invalid(`Parameter '${name}' is a list.`, { target: name });
  if (value.length > limit)
    throw invalid(`Parameter '${name}' holds at most ${limit} entries, found ${value.length}.`, { target: name });
  return value.map(fieldsOf);
}

/** A list of texts; a query that names the parameter once gives one text. */
export function texts(fields: Fields, name: string): readonly string[] {
  const value = fields[name] ?? [];
  return (Array.isArray(value) ? value : [value]).map(String);
}

/** A metric's value as it travels: finite numbers as such, the others as text. */
export function wireNumber(stored: string): number | string {
  const number = Number(stored);
  return Number.isFinite(number) ? number : stored;
}

/** A metric's value in the form that is stored: `Number`'s text, so that nothing is lost. */
export function metricValue(fields: Fields): string {
  const value = fields.value;
  if (typeof value === 'number') return String(value);
  const match = typeof value === 'string' ? /^\s*([+-])?(nan|inf(?:inity)?)\s*$/i.exec(value) : null;
  if (match) return /nan/i.test(match[2] as string) ? 'NaN' : `${match[1] === '-' ? '-' : ''}Infinity`;
  if (typeof value === 'string' && value.trim() !== '' && !Number.isNaN(Number(value))) return String(Number(value));
  // JSON without a value means 0: that is how a proto client writes a zero.
  if (value === undefined) return '0';
  throw invalid(`The value of metric '${String(fields.key)}' is a number, found ${JSON.stringify(value)}.`, {
    target: 'value',
  });
}

/** An opaque page token: the offset of the next page. */
export function pageToken(offset: number): string {
  return Buffer.from(`o:${offset}`).toString('base64url');
}

export function pageOffset(token: string): number {
  if (token === '') return 0;
  const match = /^o:(\d{1,9})$/.exec(Buffer.from(token, 'base64url').toString('utf8'));
  if (!match) throw invalid('The page_token is not one that this service gave out.', { target: 'page_token' });
  return Number(match[1]);
}

/** `[{key, value}]` of an object. */
export function pairs(object: Readonly<Record<string, string>>): { key: string; value: string }[] {
  return Object.entries(object).map(([name, value]) => ({ key: name, value }));
}
