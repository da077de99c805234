import { invalid } from '../../kernel/errors.ts';
import { type Fields, fieldsOf, integer, text, texts } from './wire.ts';

const WORD_LIMIT = 64;
const OPTION_LIMIT = 10;

const wrong = (message: string) => invalid(`${message} (a label schema's input)`, { target: 'input' });

/**
 * How a reviewer answers: one of four kinds, as the client sends it, with nothing else in it.
 * @throws invalid for what no reviewer could answer
 */
export function readLabelInput(value: unknown): Record<string, Fields> {
  const fields = fieldsOf(value);
  const kinds = Object.keys(fields).filter((kind) => Object.hasOwn(KINDS, kind));
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1)
    throw wrong(`Exactly one of ${Object.keys(KINDS).join(', ')} is wanted, found ${kinds.join(', ') || 'none'}`);
  return { [kind]: (KINDS[kind] as (own: Fields) => Fields)(fieldsOf(fields[kind])) };
}

const given = (fields: Fields, name: string) => fields[name] !== undefined && fields[name] !== null;

function wordOf(fields: Fields, name: string): string {
  const word = text(fields, name, { fallback: '' });
  if (word === '' || word.length > WORD_LIMIT)
    throw wrong(`'${name}' has 1 to ${WORD_LIMIT} characters, found ${word.length}`);
  return word;
}

function bound(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value !== 'number' || !Number.isFinite(value)) throw wrong(`'${name}' is a number`);
  return value;
}

const KINDS: Readonly<Record<string, (fields: Fields) => Fields>> = {
  pass_fail(fields) {
    const input = {
      positive_label: wordOf(fields, 'positive_label'),
      negative_label: wordOf(fields, 'negative_label'),
    };
    if (input.positive_label === input.negative_label) throw wrong(`Both labels are '${input.positive_label}'`);
    return input;
  },
  categorical(fields) {
    const options = texts(fields, 'options');
    if (options.length < 1 || options.length > OPTION_LIMIT)
      throw wrong(`There are 1 to ${OPTION_LIMIT} options, found ${options.length}`);
    if (options.some((option) => option === '' || option.length > WORD_LIMIT))
      throw wrong(`An option has 1 to ${WORD_LIMIT} characters`);
    if (new Set(options).size < options.length) throw wrong('An option is there twice');
    return { options, multi_select: fields.multi_select === true };
  },
  numeric(fields) {
    const input = {
      ...(given(fields, 'min_value') ? { min_value: bound(fields, 'min_value') } : {}),
      ...(given(fields, 'max_value') ? { max_value: bound(fields, 'max_value') } : {}),
    };
    if (input.min_value !== undefined && input.max_value !== undefined && input.min_value >= input.max_value)
      throw wrong(`The least value ${input.min_value} is not below the greatest, ${input.max_value}`);
    return input;
  },
  text(fields) {
    if (!given(fields, 'max_length')) return {};
    const length = integer(fields, 'max_length');
    if (length < 1) throw wrong(`The longest text has at least 1 character, found ${length}`);
    return { max_length: length };
  },
};
