import { existsSync, readdirSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import type { TaskContext } from '../../src/contracts/task.ts';

/** A Python that runs. */
export type Interpreter = {
  /** The program as it was found. */
  readonly program: string;
  readonly version: string;
  /** `x64`, `arm64` or `x86`. */
  readonly architecture: string;
  readonly prefix: string;
  /** A virtual environment must be used by its own folder: a link to its program loses it. */
  readonly isVirtual: boolean;
  readonly hasPip: boolean;
};

const namePattern = /^python(3(\.\d+)?)?$/;
const probe = `import sys,platform,importlib.util as u,struct,json
print(json.dumps([platform.python_version(),platform.machine(),struct.calcsize('P'),sys.prefix,sys.prefix!=getattr(sys,'base_prefix',sys.prefix),u.find_spec('pip') is not None,sys.implementation.name]))`;
const probesAtOnce = 4;

/** Finds the Pythons of this machine: the tool cache, PATH, pyenv's and uv's, and the usual folders. Only those that really run. */
export async function findInterpreters(context: TaskContext, tools: string): Promise<Interpreter[]> {
  const memory = join(tools, 'python-interpreters.json');
  const known = readMemory(memory);
  const candidates = candidateFiles(context, tools);
  const fresh: Record<string, Interpreter> = {};
  const found: Interpreter[] = [];
  let next = 0;
  const worker = async () => {
    while (next < candidates.length) {
      const place = next++;
      const { program, key } = candidates[place] as Candidate;
      const interpreter = known[key] ?? (await ask(context, program));
      if (!interpreter) continue;
      fresh[key] = interpreter;
      found[place] = { ...interpreter, program };
    }
  };
  await Promise.all(Array.from({ length: Math.min(probesAtOnce, candidates.length) }, worker));
  if (Object.keys(fresh).some((key) => !known[key])) writeFileSync(memory, JSON.stringify(fresh));
  return found.filter(() => true);
}

/** `key` changes when the program does: its real path, size and time. */
type Candidate = { readonly program: string; readonly key: string };

function candidateFiles(context: TaskContext, tools: string): Candidate[] {
  const seen = new Set<string>();
  const result: Candidate[] = [];
  for (const folder of folders(context, tools)) {
    let names: string[];
    try {
      names = readdirSync(folder).filter((name) => namePattern.test(name));
    } catch {
      continue;
    }
    for (const name of names.sort()) {
      const program = join(folder, name);
      try {
        const real = realpathSync(program);
        // A program of a virtual environment is a link to another's, and yet not the same.
        const place = existsSync(join(folder, '..', 'pyvenv.cfg')) ? folder : real;
        if (seen.has(place)) continue;
        seen.add(place);
        const info = statSync(real);
        result.push({ program, key: `${program}|${real}|${info.size}|${info.mtimeMs}` });
      } catch {
        // A dangling link.
      }
    }
  }
  return result;
}

function folders(context: TaskContext, tools: string): string[] {
  const env = context.environment;
  const home = env['HOME'] ?? '/';
  const pyenv = env['PYENV_ROOT'] ?? join(home, '.pyenv');
  const uv =
    env['UV_PYTHON_INSTALL_DIR'] ?? join(env['XDG_DATA_HOME'] ?? join(home, '.local', 'share'), 'uv', 'python');
  const below = (folder: string, ...rest: string[]) => {
    try {
      return readdirSync(folder).map((name) => join(folder, name, ...rest));
    } catch {
      return [];
    }
  };
  const cached = below(join(tools, 'Python')).flatMap((version) =>
    below(version)
      .filter((folder) => existsSync(`${folder}.complete`))
      .flatMap((folder) => [folder, join(folder, 'bin')]),
  );
  // Shims stand for the versions that are looked at themselves, and fail for those that aren't chosen.
  const path = (env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => isAbsolute(folder) && folder !== join(pyenv, 'shims'));
  return [
    ...cached,
    ...path,
    ...below(join(pyenv, 'versions'), 'bin'),
    ...below(uv, 'bin'),
    '/usr/bin',
    '/usr/local/bin',
    ...below('/opt', 'bin'),
    ...below('/opt/python', 'bin'),
    '/opt/homebrew/bin',
    ...below('/Library/Frameworks/Python.framework/Versions', 'bin'),
  ];
}

async function ask(context: TaskContext, program: string): Promise<Interpreter | undefined> {
  try {
    const { exitCode, stdout } = await context.exec(program, ['-I', '-c', probe], { quiet: true, cwd: '/' });
    if (exitCode !== 0) return undefined;
    const [version, machine, pointer, prefix, isVirtual, hasPip, implementation] = JSON.parse(stdout) as [
      string,
      string,
      number,
      string,
      boolean,
      boolean,
      string,
    ];
    if (implementation !== 'cpython') return undefined;
    const architecture = pointer === 4 ? 'x86' : /^(arm64|aarch64)$/i.test(machine) ? 'arm64' : 'x64';
    return { program, version, architecture, prefix, isVirtual, hasPip };
  } catch {
    return undefined;
  }
}

function readMemory(file: string): Record<string, Interpreter> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, Interpreter>;
  } catch {
    return {};
  }
}

/** Whether the folder of a program belongs to that Python alone, so that it may be put on PATH as a whole. */
export function hasOwnFolder(interpreter: Interpreter): boolean {
  if (interpreter.isVirtual) return true;
  return !['/usr', '/usr/local', '/', '/opt/homebrew'].includes(dirname(dirname(interpreter.program)));
}
