/** What a run's name is made of. */
export type RunNameInput = {
  /** The run's start; dates are printed in UTC. */
  readonly date: Date;
  /** A variable's value by its name in any case. */
  variables(name: string): string | undefined;
  /** Counts from 1 the runs whose names are equal but for it. */
  readonly revision: number;
};

const defaultRunName = '$(Date:yyyyMMdd).$(Rev:r)';
const longest = 255;
const revisionToken = /\$\(\s*Rev:([^)]*)\)/i;

const notAllowed = /["/:<>\\|?@*]/g;

/** Whether a run may be named so by whoever renames it: nothing is replaced then, as the service replaces nothing (recorded). */
export function isRunName(name: string): boolean {
  return name !== '' && name.length <= longest && !name.endsWith('.') && name.search(notAllowed) < 0;
}

/** Whether a format holds a revision, which is counted per otherwise equal name. */
export function runNameNeedsRevision(format: string | undefined): boolean {
  return revisionToken.test(format || defaultRunName);
}

/** The name without its revision: runs that share it count their revisions together. */
export function runNameKey(format: string | undefined, input: Omit<RunNameInput, 'revision'>): string {
  return expandRunName((format || defaultRunName).replace(/\$\(\s*Rev:[^)]*\)/gi, ''), { ...input, revision: 1 }, true);
}

/**
 * Fills the `name:` format of a pipeline; without one, `$(Date:yyyyMMdd).$(Rev:r)`. An unknown token stays as written.
 * Characters that a run's name may not hold become `_`, a final dot goes, and at most 255 characters are kept (documented).
 */
export function expandRunName(format: string | undefined, input: RunNameInput, isPart = false): string {
  const filled = (isPart ? (format ?? '') : format || defaultRunName).replace(
    /\$\(([^()]*)\)/g,
    (whole, token: string) => {
      const colon = token.indexOf(':');
      const name = (colon < 0 ? token : token.slice(0, colon)).trim();
      const argument = colon < 0 ? '' : token.slice(colon + 1);
      return expandToken(name.toLowerCase(), argument, input) ?? input.variables(token.trim()) ?? whole;
    },
  );
  const clean = filled.replace(notAllowed, '_').slice(0, longest);
  return isPart ? clean : clean.replace(/\.+$/, '');
}

function expandToken(name: string, argument: string, input: RunNameInput): string | undefined {
  const { date } = input;
  switch (name) {
    case 'date':
      return formatDate(date, argument);
    case 'year':
      return formatDate(date, argument === 'yy' ? 'yy' : 'yyyy');
    case 'month':
      return String(date.getUTCMonth() + 1);
    case 'dayofmonth':
      return String(date.getUTCDate());
    case 'dayofyear':
      return String(Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000) + 1);
    case 'hours':
      return String(date.getUTCHours());
    case 'minutes':
      return String(date.getUTCMinutes());
    case 'seconds':
      return String(date.getUTCSeconds());
    case 'rev': {
      const [, lead = '', digits = ''] = /^([^r]*)(r*)/.exec(argument) ?? [];
      return lead + String(input.revision).padStart(digits.length, '0');
    }
    case 'builddefinitionname':
      return input.variables('Build.DefinitionName');
    case 'buildid':
      return input.variables('Build.BuildId');
    case 'sourcebranchname':
      return input.variables('Build.SourceBranchName');
    case 'teamproject':
      return input.variables('System.TeamProject');
    default:
      return undefined;
  }
}

const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/** What .NET means by a format of one letter, invariant culture; none at all is `G`. */
const standardFormats: Readonly<Record<string, string>> = {
  d: 'MM/dd/yyyy',
  D: 'dddd, dd MMMM yyyy',
  f: 'dddd, dd MMMM yyyy HH:mm',
  F: 'dddd, dd MMMM yyyy HH:mm:ss',
  g: 'MM/dd/yyyy HH:mm',
  G: 'MM/dd/yyyy HH:mm:ss',
  m: 'MMMM dd',
  M: 'MMMM dd',
  o: "yyyy-MM-dd'T'HH:mm:ss.fffffffK",
  O: "yyyy-MM-dd'T'HH:mm:ss.fffffffK",
  r: "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
  R: "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
  s: "yyyy-MM-dd'T'HH:mm:ss",
  t: 'HH:mm',
  T: 'HH:mm:ss',
  u: "yyyy-MM-dd HH:mm:ss'Z'",
  y: 'yyyy MMMM',
  Y: 'yyyy MMMM',
};

/** Formats a date by the format specifiers of .NET, custom or of one letter, invariant culture, in UTC. */
export function formatDate(date: Date, written: string): string {
  const format = standardFormats[written || 'G'] ?? written.replace(/^%(?=.$)/, '');
  const two = (value: number) => String(value).padStart(2, '0');
  const hour12 = date.getUTCHours() % 12 || 12;
  const field = (token: string): string => {
    const width = token.length;
    switch (token[0]) {
      case 'y':
        return width <= 2
          ? width === 1
            ? String(date.getUTCFullYear() % 100)
            : two(date.getUTCFullYear() % 100)
          : String(date.getUTCFullYear()).padStart(width, '0');
      case 'M': {
        const month = date.getUTCMonth();
        return width === 1
          ? String(month + 1)
          : width === 2
            ? two(month + 1)
            : width === 3
              ? months[month]!.slice(0, 3)
              : months[month]!;
      }
      case 'd': {
        const day = days[date.getUTCDay()]!;
        return width === 1
          ? String(date.getUTCDate())
          : width === 2
            ? two(date.getUTCDate())
            : width === 3
              ? day.slice(0, 3)
              : day;
      }
      case 'H':
        return width === 1 ? String(date.getUTCHours()) : two(date.getUTCHours());
      case 'h':
        return width === 1 ? String(hour12) : two(hour12);
      case 'm':
        return width === 1 ? String(date.getUTCMinutes()) : two(date.getUTCMinutes());
      case 's':
        return width === 1 ? String(date.getUTCSeconds()) : two(date.getUTCSeconds());
      case 'f':
        return `${String(date.getUTCMilliseconds()).padStart(3, '0')}0000`.slice(0, width);
      case 't':
        return (date.getUTCHours() < 12 ? 'AM' : 'PM').slice(0, width);
      case 'z':
        return width === 1 ? '+0' : width === 2 ? '+00' : '+00:00';
      case 'K':
        return 'Z';
      default:
        return token[0] === '\\' ? token.slice(1) : token.slice(1, -1);
    }
  };
  return format.replace(/y+|M+|d+|H+|h+|m+|s+|f{1,7}|t+|z+|K|\\.|'[^']*'|"[^"]*"/g, field);
}
