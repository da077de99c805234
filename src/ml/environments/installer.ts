import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { newGuid } from '../../kernel/ids.ts';
import { PACKAGES } from './environment-cache.ts';
import type { Interpreter } from './interpreters.ts';
import { uvSettings } from './pip-settings.ts';
import { runTool, type ToolResult } from './run-tool.ts';

/** What installs packages: uv, or where it is not to be had, some interpreter's pip. */
export type Installer =
  | { readonly kind: 'uv'; readonly program: string }
  /** `python` has pip. */
  | { readonly kind: 'pip'; readonly python: string }
  | { readonly kind: 'none' };

export type Workshop = {
  /** Root of all that is kept: `envs/`, `logs/`, `tool/`, `python/`, `cache/`. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: (line: string) => void;
  readonly signal: AbortSignal;
};

/**
 * uv from PATH, else the one fetched earlier, else its wheel fetched by pip from the index that pip is set up for (a wheel is a plain
 * binary: any interpreter's pip can unpack it), else pip itself.
 */
export async function findInstaller(workshop: Workshop, interpreters: readonly Interpreter[]): Promise<Installer> {
  const fetched = join(workshop.folder, 'tool', 'uv', 'bin', 'uv');
  const onPath = (workshop.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'uv'))
    .find((path) => path.startsWith('/') && existsSync(path));
  const there = onPath ?? (existsSync(fetched) ? fetched : undefined);
  if (there) return { kind: 'uv', program: there };
  let withPip: string | undefined;
  for (const interpreter of inOrderOfUse(interpreters)) {
    const probe = await run(workshop, [interpreter.path, '-m', 'pip', '--version'], { quiet: true });
    if (probe.exitCode !== 0) continue;
    withPip ??= interpreter.path;
    if (await fetchUv(workshop, interpreter.path)) return { kind: 'uv', program: fetched };
    // Another interpreter's pip would ask the same index.
    break;
  }
  if (!withPip) return { kind: 'none' };
  workshop.log('uv is not to be had: pip installs the packages, which takes longer');
  return { kind: 'pip', python: withPip };
}

async function fetchUv(workshop: Workshop, python: string): Promise<boolean> {
  const target = join(workshop.folder, 'tool', 'uv');
  const draft = `${target}.${newGuid()}.part`;
  await mkdir(draft, { recursive: true, mode: 0o700 });
  workshop.log('fetching uv, the package installer, from the Python package index');
  const result = await run(workshop, [
    python,
    '-m',
    'pip',
    'install',
    '--quiet',
    '--no-deps',
    '--only-binary',
    ':all:',
    '--target',
    draft,
    'uv',
  ]);
  try {
    if (result.exitCode !== 0 || !existsSync(join(draft, 'bin', 'uv'))) return false;
    // Another process may have put its own there meanwhile: either will do.
    await rename(draft, target).catch(() => {});
    return existsSync(join(target, 'bin', 'uv'));
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** Whether uv could fetch an interpreter of this minor version into our folder. */
export async function fetchInterpreter(workshop: Workshop, uv: string, minor: string): Promise<boolean> {
  workshop.log(`Python ${minor} is not on this machine: asking uv for it`);
  const result = await run(workshop, [uv, 'python', 'install', '--no-bin', minor], {
    // One try: without a network the answer is the same three times, and each costs seconds.
    add: { UV_PYTHON_INSTALL_DIR: uvPythons(workshop.folder), UV_HTTP_RETRIES: '0', UV_PYTHON_DOWNLOADS: 'manual' },
    quiet: true,
  });
  if (result.exitCode !== 0)
    workshop.log(`uv could not fetch Python ${minor}: ${result.lastLines.at(-1)?.trim() ?? 'no reason given'}`);
  return result.exitCode === 0;
}

export function uvPythons(folder: string): string {
  return join(folder, 'python');
}

/** Python's own switches and an active environment of whoever started the server must not lead the tools astray. */
const NOT_FOR_TOOLS = [
  'VIRTUAL_ENV',
  'CONDA_PREFIX',
  'PYTHONPATH',
  'PYTHONHOME',
  'PYTHONSTARTUP',
  'UV_PROJECT_ENVIRONMENT',
];

/** Runs a tool in the workshop's folder with the machine's settings for package indexes. */
export async function run(
  workshop: Workshop,
  command: readonly string[],
  options: { quiet?: boolean; add?: Readonly<Record<string, string>> } = {},
): Promise<ToolResult> {
  const env: Record<string, string | undefined> = {
    ...workshop.env,
    ...uvSettings(workshop.env),
    NO_COLOR: '1',
    UV_NO_PROGRESS: '1',
    UV_PYTHON_DOWNLOADS: 'never',
    // In the same folder as the environments, so that packages are linked into them and not copied.
    UV_CACHE_DIR: join(workshop.folder, PACKAGES, 'uv'),
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    PIP_NO_INPUT: '1',
    PIP_ROOT_USER_ACTION: 'ignore',
    ...options.add,
  };
  for (const name of NOT_FOR_TOOLS) delete env[name];
  return runTool({
    command,
    env,
    cwd: workshop.folder,
    log: options.quiet ? () => {} : workshop.log,
    signal: workshop.signal,
  });
}

/** The machine's usual interpreter first, then the newest: where pip most probably is, and of today. */
export function inOrderOfUse(interpreters: readonly Interpreter[]): Interpreter[] {
  return [...interpreters].sort((a, b) => Number(b.usual) - Number(a.usual));
}
