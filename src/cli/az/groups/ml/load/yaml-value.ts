/**
 * What a YAML file holds, as the Azure clients' YAML 1.1 reader sees it. Integers are numbers; other numbers keep the text that
 * Python prints for them, since inputs travel as that text (`0.10` is sent as `0.1`, `1.0` stays `1.0`: recorded).
 */
export type YamlValue = null | boolean | number | string | YamlNumber | YamlValue[] | YamlMap;
export type YamlMap = { [key: string]: YamlValue };

/** A float, or an integer beyond what a double holds exactly. As JSON it is a number. */
export class YamlNumber {
  readonly value: number;
  readonly text: string;

  constructor(value: number, text: string) {
    this.value = value;
    this.text = text;
  }

  toJSON(): number {
    return this.value;
  }
}

export function isMap(value: unknown): value is YamlMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof YamlNumber);
}

const BOOLEAN = new Map(
  ['yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON']
    .map((word): [string, boolean] => [word, true])
    .concat(['no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'].map((word) => [word, false])),
);
const FLOAT = /^[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?$|^[-+]?\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?$/;

/** Resolves a plain scalar by YAML 1.1's rules, as the clients' reader has them: `1e-5` is text, `yes` a boolean, `010` octal. */
export function resolvePlainScalar(source: string): YamlValue {
  if (source === '' || source === '~' || /^(?:null|Null|NULL)$/.test(source)) return null;
  const flag = BOOLEAN.get(source);
  if (flag !== undefined) return flag;
  const digits = source.replaceAll('_', '');
  if (/^[-+]?(?:0|[1-9][0-9_]*)$/.test(source)) return integer(digits);
  if (/^[-+]?0[0-7_]+$/.test(source)) return integer(digits.replace(/^([-+]?)0+(?=[0-7])/, '$10o'));
  if (/^[-+]?0x[0-9a-fA-F_]+$/.test(source) || /^[-+]?0b[01_]+$/.test(source)) return integer(digits);
  if (FLOAT.test(source)) return float(Number(digits));
  if (/^[-+]?\.(?:inf|Inf|INF)$/.test(source)) return float(source.startsWith('-') ? -Infinity : Infinity);
  if (/^\.(?:nan|NaN|NAN)$/.test(source)) return float(Number.NaN);
  return source;
}

function integer(digits: string): YamlValue {
  const negative = digits.startsWith('-');
  const exact = BigInt(digits.replace(/^[-+]/, '')) * (negative ? -1n : 1n);
  const value = Number(exact);
  return Number.isSafeInteger(value) ? value : new YamlNumber(value, String(exact));
}

function float(value: number): YamlNumber {
  return new YamlNumber(value, pythonFloat(value));
}

/** A double as Python prints it: the shortest digits, an exponent below 1e-4 and from 1e16 on, always a point or an exponent. */
export function pythonFloat(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
  const power = Number(exponent);
  if (power < -4 || power >= 16) {
    return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
  }
  const sign = mantissa.startsWith('-') ? '-' : '';
  const digits = mantissa.replace(/[-.]/g, '');
  if (power < 0) return `${sign}0.${'0'.repeat(-power - 1)}${digits}`;
  const whole = digits.slice(0, power + 1).padEnd(power + 1, '0');
  return `${sign}${whole}.${digits.slice(power + 1) || '0'}`;
}

/** The text of a value as Python's `str` gives it: what a literal input is sent as. */
export function pythonText(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (value instanceof YamlNumber) return value.text;
  return String(value);
}

/** JSON as Python's `json.dumps(sort_keys=True)` writes it, which the clients' hashes are taken of. */
export function pythonJson(value: unknown): string {
  if (value instanceof YamlNumber) return value.text;
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, member]) => member !== undefined);
    entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return `{${entries.map(([key, member]) => `${asciiString(key)}: ${pythonJson(member)}`).join(', ')}}`;
  }
  return typeof value === 'string' ? asciiString(value) : JSON.stringify(value ?? null);
}

function asciiString(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
