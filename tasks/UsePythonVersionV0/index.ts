import { chmodSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TaskContext, TaskResult } from '../../src/contracts/task.ts';
import { findInterpreters, hasOwnFolder, type Interpreter } from './interpreters.ts';
import { compareVersions, parseRange, parseVersion, type Version } from './version-range.ts';

/** Chooses the highest Python of this machine that fits the range, and puts it on PATH for the steps that follow. */
export async function run(context: TaskContext): Promise<TaskResult> {
  const spec = context.requiredInput('versionSpec');
  if (/^pypy/i.test(spec))
    throw new Error(`not implemented: PyPy ('${spec}'). Ask for a CPython version, such as 3.x.`);
  const range = parseRange(spec.replace(/-dev$/, ''));
  if (!range) {
    return {
      result: 'failed',
      message: `The versionSpec '${spec}' is not a version or a range. Write one such as 3.11, 3.x, '>=3.10' or '3.8 - 3.12'.`,
    };
  }
  const unstable = context.booleanInput('allowUnstable') || spec.endsWith('-dev');
  const tools = context.variable('Agent.ToolsDirectory') ?? '/tmp';
  mkdirSync(tools, { recursive: true });
  const all = (await findInterpreters(context, tools)).flatMap((interpreter) => {
    const version = parseVersion(interpreter.version);
    return version ? [{ interpreter, version }] : [];
  });
  const fitting = all.filter(({ version }) => range(version) && (unstable || version.pre === ''));
  const [best] = fitting.sort((a, b) => compareVersions(b.version, a.version));
  if (!best) return { result: 'failed', message: nothingFits(spec, all) };
  const { interpreter } = best;
  const wanted = context.input('architecture');
  // The default of the input is x64 on every machine: only a written wish can be disappointed, and nothing else would run here.
  if (wanted !== 'x64' && wanted !== interpreter.architecture) {
    context.warning(
      `Python ${interpreter.version} is ${interpreter.architecture}; architecture: ${wanted} is asked for.`,
    );
  }
  const { location, path } = place(interpreter, tools);
  context.setVariable('pythonLocation', location);
  context.setVariable('pythonLocation', location, { output: true });
  if (context.booleanInput('addToPath')) for (const folder of path) context.prependPath(folder);
  context.print(`Using Python ${interpreter.version} (${interpreter.architecture}): ${interpreter.program}`);
  if (!interpreter.hasPip)
    context.warning(
      `Python ${interpreter.version} has no pip. Install it (Debian: python3-pip) if the pipeline needs it.`,
    );
  return { result: 'succeeded' };
}

/** The folders that give `python` and `pip`: the interpreter's own where it has one, and links where names are missing. The last goes first on PATH. */
function place(interpreter: Interpreter, tools: string): { location: string; path: string[] } {
  const bin = dirname(interpreter.program);
  const own = hasOwnFolder(interpreter);
  const complete = own && existsSync(join(bin, 'python')) && (!interpreter.hasPip || existsSync(join(bin, 'pip')));
  if (complete) return { location: interpreter.prefix, path: [bin] };
  const links = join(tools, 'python-links', `${interpreter.version}-${interpreter.architecture}`);
  rmSync(links, { recursive: true, force: true });
  mkdirSync(links, { recursive: true });
  const [major, minor] = interpreter.version.split('.');
  for (const name of ['python', `python${major}`, `python${major}.${minor}`])
    symlinkSync(interpreter.program, join(links, name));
  if (interpreter.hasPip) {
    for (const name of ['pip', `pip${major}`]) {
      const file = join(links, name);
      writeFileSync(file, `#!/bin/sh\nexec '${interpreter.program.replaceAll("'", "'\\''")}' -m pip "$@"\n`);
      chmodSync(file, 0o755);
    }
  }
  return { location: own ? interpreter.prefix : links, path: own ? [bin, links] : [links] };
}

function nothingFits(spec: string, all: readonly { interpreter: Interpreter; version: Version }[]): string {
  const lines = [...all]
    .sort((a, b) => compareVersions(b.version, a.version))
    .map(({ interpreter }) => `  ${interpreter.version} (${interpreter.architecture})  ${interpreter.program}`);
  const there =
    lines.length === 0 ? 'No Python was found on this machine.' : `Python on this machine:\n${lines.join('\n')}`;
  return `No Python fits the versionSpec '${spec}'. ${there}\nInstall one ('uv python install 3.12', pyenv, or your system's packages), or change versionSpec.`;
}
