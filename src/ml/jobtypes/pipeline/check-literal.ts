import { fieldOf, textField } from '../../wire-fields.ts';

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/**
 * Whether a text fits the input that a component declares: its type, and its bounds or list of values where it has them.
 * @returns what was expected instead, for the end of a sentence; undefined when it fits
 */
export function misfit(declaration: unknown, text: string): string | undefined {
  const type = textField(declaration, 'type')?.toLowerCase();
  if (type === 'boolean' && !/^(true|false)$/i.test(text)) return 'true or false';
  if (type === 'integer' && !/^[+-]?\d+$/.test(text)) return 'a whole number';
  if (type === 'number' && !NUMBER.test(text)) return 'a number';
  if (type === 'integer' || type === 'number') {
    const [least, most] = [boundOf(declaration, 'min'), boundOf(declaration, 'max')];
    if (least !== undefined && Number(text) < least) return `at least ${least}`;
    if (most !== undefined && Number(text) > most) return `at most ${most}`;
  }
  const values = fieldOf(declaration, 'enum');
  if (Array.isArray(values) && values.length > 0 && !values.map(String).includes(text))
    return `one of ${values.map(String).join(', ')}`;
  return undefined;
}

/** Bounds come back from the service as text. */
function boundOf(declaration: unknown, name: string): number | undefined {
  const value = fieldOf(declaration, name);
  const bound = value === null || value === undefined || value === '' ? Number.NaN : Number(value);
  return Number.isNaN(bound) ? undefined : bound;
}
