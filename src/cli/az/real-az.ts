import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync, realpathSync, statSync } from 'node:fs';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { commandError } from './errors.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Set for a real az that is started from here: should it lead back here, that is an error instead of a loop. */
const GUARD = 'MILLRACE_AZ_HANDED_ON';

/**
 * Finds the machine's own az: `MILLRACE_REAL_AZ`, else the first `az` on PATH outside our own folder (`MILLRACE_AZ_DIR`).
 * @returns its path; undefined where there is none
 */
export function findRealAz(env: Env): string | undefined {
  if (env[GUARD]) return undefined;
  const named = env['MILLRACE_REAL_AZ'];
  if (named) return isProgram(named) ? named : undefined;
  const ours = env['MILLRACE_AZ_DIR'] ? canonical(env['MILLRACE_AZ_DIR']) : undefined;
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    if (!isAbsolute(folder) || canonical(folder) === ours) continue;
    const program = join(folder, 'az');
    if (isProgram(program)) return program;
  }
  return undefined;
}

/** The groups that the real az has by an extension alone, and the extensions that bring them: the present one and its forerunner. */
const EXTENSION_GROUPS: Readonly<Record<string, readonly string[]>> = { ml: ['ml', 'azure-cli-ml'] };

/**
 * Whether the real az has a group: its own ones always, an extension's where that lies in the folder of extensions (documented:
 * `AZURE_EXTENSION_DIR`, else `cliextensions` of the configuration folder).
 */
export function realKnowsGroup(configuration: string, env: Env, group: string): boolean {
  const extensions = Object.hasOwn(EXTENSION_GROUPS, group) ? EXTENSION_GROUPS[group] : undefined;
  const folder = env['AZURE_EXTENSION_DIR'] || join(configuration, 'cliextensions');
  return extensions === undefined || extensions.some((name) => existsSync(join(folder, name)));
}

function canonical(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Runs the real az in our place, the terminal and the environment (the gateway's proxy in it) as they are. @returns its exit code */
export function runRealAz(program: string, argv: readonly string[], env: Env, cwd: string): Promise<number> {
  return new Promise((done, fail) => {
    const child = spawn(program, argv, { stdio: 'inherit', cwd, env: { ...env, [GUARD]: '1' } });
    // The terminal's Ctrl-C reaches the child too, and it decides; a kill of ours alone is passed on.
    const interrupt = () => {};
    const terminate = () => child.kill('SIGTERM');
    process.on('SIGINT', interrupt).on('SIGTERM', terminate);
    const settle = () => process.off('SIGINT', interrupt).off('SIGTERM', terminate);
    child.once('error', (cause) => {
      settle();
      fail(commandError(`Cannot run ${program}: ${cause.message}`, { cause }));
    });
    child.once('exit', (code, signal) => {
      settle();
      done(code ?? (signal === 'SIGINT' ? 130 : 143));
    });
  });
}
