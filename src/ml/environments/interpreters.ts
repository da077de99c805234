import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import { compareVersions, satisfies } from './requirement.ts';

export type Interpreter = {
  /** Absolute path, links resolved. */
  readonly path: string;
  /** `3.10.13`, or `3.10` where the path tells no more. */
  readonly version: string;
  /** Whether it stands behind a plain `python3` on PATH: the machine's usual one. */
  readonly usual: boolean;
};

const FIXED_FOLDERS = ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin'];

/**
 * The Python 3 interpreters of the machine, newest first, from folder listings alone: no process is started, so this costs about a millisecond.
 * Looks at PATH, pyenv's versions, uv's own, and the usual folders. Shims (pyenv's scripts) are not interpreters and are passed over.
 * @param env the variables to look in (`PATH`, `PYENV_ROOT`, `HOME`)
 * @param uvPythons folder in which uv keeps the interpreters that it fetched for us
 */
export function findInterpreters(env: Readonly<Record<string, string | undefined>>, uvPythons: string): Interpreter[] {
  const home = env.HOME ?? '';
  const pyenv = env.PYENV_ROOT ?? (home === '' ? '' : join(home, '.pyenv'));
  const found = new Map<string, Interpreter>();
  const add = (path: string, version: string, usual: boolean) => {
    const real = realPath(path);
    if (!real) return;
    const known = found.get(real);
    const better = known && known.version.split('.').length >= version.split('.').length ? known.version : version;
    found.set(real, { path: real, version: better, usual: usual || (known?.usual ?? false) });
  };

  let usualTaken = false;
  const pathFolders = (env.PATH ?? '').split(delimiter).filter((folder) => folder.startsWith('/'));
  for (const folder of pathFolders) {
    if (/\/shims\/?$/.test(folder)) {
      const version = pyenvVersion(pyenv);
      if (!usualTaken && version) {
        add(join(pyenv, 'versions', version, 'bin', 'python3'), version, true);
        usualTaken = true;
      }
      continue;
    }
    usualTaken = addFolder(folder, add, !usualTaken) || usualTaken;
  }
  for (const folder of FIXED_FOLDERS) usualTaken = addFolder(folder, add, !usualTaken) || usualTaken;
  for (const root of [join(pyenv, 'versions'), uvPythons, home === '' ? '' : join(home, '.local/share/uv/python')]) {
    for (const entry of list(root)) {
      const version = /(?:^|cpython-)(3\.\d+\.\d+)(?:$|-)/.exec(entry)?.[1];
      if (version) add(join(root, entry, 'bin', 'python3'), version, false);
    }
  }
  return [...found.values()].sort((a, b) => compareVersions(b.version, a.version));
}

/** Adds `python3.N` of a folder and what its `python3` leads to; tells whether there was a `python3`. */
function addFolder(
  folder: string,
  add: (path: string, version: string, usual: boolean) => void,
  first: boolean,
): boolean {
  let usual = false;
  for (const entry of list(folder)) {
    const version = /^python(3\.\d+)$/.exec(entry)?.[1];
    if (version) add(join(folder, entry), version, false);
    if (entry === 'python3') {
      const real = realPath(join(folder, entry));
      const behind = real && /python(3\.\d+)$/.exec(basename(real))?.[1];
      if (behind) {
        add(real, behind, first);
        usual = true;
      }
    }
  }
  return usual;
}

function pyenvVersion(pyenv: string): string | undefined {
  try {
    const lines = readFileSync(join(pyenv, 'version'), 'utf8').split('\n');
    return lines.map((line) => line.trim()).find((line) => /^3\.\d+\.\d+$/.test(line));
  } catch {
    return undefined;
  }
}

function realPath(path: string): string | undefined {
  try {
    const real = realpathSync(path);
    return statSync(real).isFile() ? real : undefined;
  } catch {
    return undefined;
  }
}

function list(folder: string): string[] {
  try {
    return folder === '' ? [] : readdirSync(folder);
  } catch {
    return [];
  }
}

/** `3.10` of `3.10.13`. */
export function minorOf(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}

/** Interpreters that are too old for any package tool of today are never taken unless they are asked for. */
const OLDEST = '3.8';

export type Choice =
  | { readonly kind: 'fits'; readonly interpreter: Interpreter }
  /** None fits; `nearest` is the one to take if none can be fetched. */
  | { readonly kind: 'substitute'; readonly nearest: Interpreter }
  | { readonly kind: 'none' };

/**
 * Chooses an interpreter for a range.
 * @param range PEP 440 (`==3.10.*`, `>=3.8,<3.12`); undefined takes the machine's usual one
 */
export function chooseInterpreter(interpreters: readonly Interpreter[], range: string | undefined): Choice {
  const current = interpreters.filter((one) => compareVersions(one.version, OLDEST) >= 0);
  if (range === undefined || range === '') {
    const any = current.find((one) => one.usual) ?? current[0];
    return any ? { kind: 'fits', interpreter: any } : { kind: 'none' };
  }
  // A path may tell the minor alone (`/usr/bin/python3.10`): that is enough for every range that names no patch.
  const fits = interpreters.find((one) => satisfies(one.version, range));
  if (fits) return { kind: 'fits', interpreter: fits };
  const wanted = wantedMinor(range);
  const sameMinor = interpreters.find((one) => minorOf(one.version) === wanted);
  if (sameMinor) return { kind: 'fits', interpreter: sameMinor };
  const nearest = [...current].sort((a, b) => distance(a.version, wanted) - distance(b.version, wanted))[0];
  return nearest ? { kind: 'substitute', nearest } : { kind: 'none' };
}

/** The minor version that a range is about: the first that it names. */
export function wantedMinor(range: string): string {
  return /(\d+\.\d+)/.exec(range)?.[1] ?? '3.12';
}

/** Newer ones come before older ones at the same distance: what runs on 3.10 more often runs on 3.11 than on 3.9. */
function distance(version: string, wanted: string): number {
  const steps = Number(version.split('.')[1]) - Number(wanted.split('.')[1]);
  return steps >= 0 ? steps : -steps + 0.5;
}
