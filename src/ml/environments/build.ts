import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DomainError, invalid } from '../../kernel/errors.ts';
import { type Installer, run, type Workshop } from './installer.ts';
import { type Interpreter, minorOf } from './interpreters.ts';
import { canonicalName, openUpwards, parseRequirement, type Requirement, satisfies } from './requirement.ts';
import type { ToolResult } from './run-tool.ts';
import type { PythonSpec } from './spec.ts';

export type BuildRequest = {
  /** For messages: `sklearn-1.5`. */
  readonly name: string;
  readonly spec: PythonSpec;
  readonly interpreter: Interpreter;
  /** Whether the interpreter is not the one that was asked for, so that other package versions may have to do. */
  readonly substitute: boolean;
  /** Absolute; made here, removed again when the build fails. */
  readonly target: string;
  readonly logFile: string;
};

/**
 * Makes a virtual environment and installs the packages.
 * @returns the warnings that tell what differs from what was asked
 * @throws invalid with the tool's last lines and the next step; nothing is left in `target` then
 */
export async function buildEnvironment(
  workshop: Workshop,
  installer: Installer,
  request: BuildRequest,
): Promise<string[]> {
  await rm(request.target, { recursive: true, force: true });
  try {
    await makeVenv(workshop, installer, request);
    const wanted = [...request.spec.options, ...request.spec.requirements];
    if (request.spec.requirements.length > 0) await installAsNearAsPossible(workshop, installer, request, wanted);
    return await differences(request);
  } catch (error) {
    await rm(request.target, { recursive: true, force: true });
    throw error;
  }
}

async function makeVenv(workshop: Workshop, installer: Installer, request: BuildRequest): Promise<void> {
  const python = request.interpreter.path;
  if (installer.kind === 'uv') {
    const result = await run(workshop, [
      installer.program,
      'venv',
      '--quiet',
      '--no-project',
      // With pip: job commands call it, and without one of its own they would reach the machine's.
      '--seed',
      '--python',
      python,
      request.target,
    ]);
    if (result.exitCode !== 0) throw failed(request, 'uv venv', result);
    return;
  }
  if (installer.kind === 'none') throw noInstaller(request);
  const whole = await run(workshop, [python, '-m', 'venv', request.target], { quiet: true });
  if (whole.exitCode === 0) return;
  // Some distributions take ensurepip out of their Python: the environment is made without pip, and another pip brings one.
  await rm(request.target, { recursive: true, force: true });
  const bare = await run(workshop, [python, '-m', 'venv', '--without-pip', request.target]);
  if (bare.exitCode !== 0) throw failed(request, 'python -m venv', bare);
  const seed = await run(workshop, [installer.python, '-m', 'pip', '--python', venvPython(request), 'install', 'pip']);
  if (seed.exitCode !== 0) throw failed(request, 'pip install pip', seed);
}

const venvPython = (request: BuildRequest) => join(request.target, 'bin', 'python');

async function install(
  workshop: Workshop,
  installer: Installer,
  request: BuildRequest,
  lines: readonly string[],
): Promise<ToolResult> {
  const file = join(request.target, 'requirements.txt');
  await writeFile(file, `${lines.join('\n')}\n`, { mode: 0o600 });
  const python = venvPython(request);
  if (installer.kind === 'uv')
    return run(workshop, [installer.program, 'pip', 'install', '--python', python, '--requirements', file]);
  if (installer.kind === 'none') throw noInstaller(request);
  return run(workshop, [installer.python, '-m', 'pip', '--python', python, 'install', '--requirement', file]);
}

async function installAsNearAsPossible(
  workshop: Workshop,
  installer: Installer,
  request: BuildRequest,
  wanted: readonly string[],
): Promise<void> {
  // A substitute often has no wheels of the versions that were asked for; compiling old sources would take long and fail late.
  const first = request.substitute ? ['--only-binary :all:', ...wanted] : wanted;
  const result = await install(workshop, installer, request, first);
  if (result.exitCode === 0) return;
  if (!request.substitute) throw failed(request, toolName(installer), result);
  workshop.log(
    `the versions asked for do not fit Python ${request.interpreter.version}: looking for the nearest that have wheels`,
  );
  const nearest = await nearestVersions(workshop, installer, request);
  const second = await install(workshop, installer, request, nearest);
  if (second.exitCode !== 0) throw failed(request, toolName(installer), second);
}

/** The same packages, each with the lowest version at or above the one asked for that has a wheel for the interpreter. */
async function nearestVersions(workshop: Workshop, installer: Installer, request: BuildRequest): Promise<string[]> {
  const ranged = request.spec.requirements.map((line) => ({ line, parsed: parseRequirement(line) }));
  const opened = ranged.map(({ parsed }) => parsed && openUpwards(parsed)).filter((line) => line !== undefined);
  const loose = ranged.filter(({ parsed }) => !parsed || openUpwards(parsed) === undefined).map(({ line }) => line);
  if (installer.kind !== 'uv') return [...request.spec.options, ...opened, ...loose];
  const file = join(request.target, 'nearest.in');
  await writeFile(file, `${[...request.spec.options, ...opened].join('\n')}\n`, { mode: 0o600 });
  const command = [
    installer.program,
    'pip',
    'compile',
    '--quiet',
    '--no-header',
    '--no-annotate',
    '--resolution',
    'lowest-direct',
    '--only-binary',
    ':all:',
  ];
  const result = await run(workshop, [...command, '--python', venvPython(request), file], {
    quiet: true,
  });
  if (result.exitCode !== 0) throw failed(request, 'uv pip compile', result);
  const names = new Set(ranged.map(({ parsed }) => parsed?.name));
  const pins = result.stdout.filter(
    (line) => /^[\w.-]+==/.test(line) && names.has(canonicalName(line.split('==')[0] as string)),
  );
  return [...request.spec.options, ...pins, ...loose];
}

/** What the environment has, against what was asked for. Read from the folder: no process is started. */
async function differences(request: BuildRequest): Promise<string[]> {
  const warnings = [...request.spec.warnings];
  const version = (await pythonVersion(request.target)) ?? request.interpreter.version;
  const range = request.spec.python;
  if (range && !satisfies(version, range)) {
    warnings.push(
      `Python ${version} instead of ${range.replace(/^==/, '')}: that one is not on this machine. Install it (for example with uv or pyenv) to run with it.`,
    );
  }
  const installed = await installedPackages(request.target);
  const wrong = request.spec.requirements
    .map(parseRequirement)
    .filter((wanted): wanted is Requirement => wanted !== undefined && wanted.specifier !== '')
    .filter((wanted) => !satisfies(installed.get(wanted.name) ?? '', wanted.specifier) && installed.has(wanted.name))
    .map((wanted) => `${wanted.name} ${installed.get(wanted.name)} instead of ${wanted.specifier}`);
  if (wrong.length > 0)
    warnings.push(`With Python ${minorOf(version)} other package versions are used: ${wrong.join(', ')}.`);
  return warnings;
}

async function pythonVersion(target: string): Promise<string | undefined> {
  const text = await readFile(join(target, 'pyvenv.cfg'), 'utf8').catch(() => '');
  return /^version(?:_info)?\s*=\s*(\d+\.\d+\.\d+)/m.exec(text)?.[1];
}

async function installedPackages(target: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const entry of await readdir(join(target, 'lib')).catch(() => [])) {
    for (const name of await readdir(join(target, 'lib', entry, 'site-packages')).catch(() => [])) {
      const match = /^(.+)-([^-]+)\.dist-info$/.exec(name);
      if (match) found.set(canonicalName(match[1] as string), match[2] as string);
    }
  }
  return found;
}

function toolName(installer: Installer): string {
  return installer.kind === 'uv' ? 'uv pip install' : 'pip install';
}

/** Words of tools that could not reach what is outside. */
export const NETWORK =
  /dns error|failed to lookup|temporary failure in name resolution|connection refused|connect error|timed out|network is unreachable|certificate|no such host|i\/o timeout|pinging container registry|TLS handshake/i;

function failed(request: BuildRequest, tool: string, result: ToolResult): DomainError {
  const lines = result.lastLines.filter((line) => line.trim() !== '').slice(-12);
  const next = lines.some((line) => NETWORK.test(line))
    ? 'The package index could not be reached: check the network, or name your index with PIP_INDEX_URL or in pip.conf.'
    : 'Check the package names and versions that the environment asks for.';
  return invalid(
    `The environment '${request.name}' could not be built: '${tool}' ended with exit code ${result.exitCode}.\n${lines.map((line) => `  ${line}`).join('\n')}\n${next} The whole log is in ${request.logFile}.`,
    { wire: 'EnvironmentBuildFailed', target: 'environment' },
  );
}

function noInstaller(request: BuildRequest): DomainError {
  return invalid(
    `The environment '${request.name}' could not be built: neither uv nor a Python with pip was found. Install uv, or pip for one of the machine's interpreters (on Debian: apt install python3-pip).`,
    { wire: 'EnvironmentBuildFailed', target: 'environment' },
  );
}
