import { existsSync } from 'node:fs';
import { appendFile, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../kernel/clock.ts';
import { DomainError, invalid, messageOf, unavailable } from '../../kernel/errors.ts';
import type { Log } from '../../kernel/log.ts';
import { replaceFile } from '../../kernel/replace-file.ts';
import { storageFault } from '../../kernel/storage-fault.ts';
import type { BuiltEnvironment } from '../types.ts';
import { buildEnvironment } from './build.ts';
import { COMPLETE, type EnvironmentCache } from './environment-cache.ts';
import { fetchInterpreter, findInstaller, type Installer, uvPythons, type Workshop } from './installer.ts';
import { chooseInterpreter, findInterpreters, type Interpreter, minorOf, wantedMinor } from './interpreters.ts';
import { withLock } from './lock.ts';
import { shareBuilds } from './shared-build.ts';
import { type PythonSpec, specHash } from './spec.ts';

export type PythonEnvironmentsDeps = {
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly log: Log;
  readonly cache: EnvironmentCache;
  /** Bytes that environments may take, and as much again their packages. */
  readonly limit: number;
};

export type PythonBuild = {
  /** For messages: `sklearn-1.5`. */
  readonly name: string;
  readonly spec: PythonSpec;
  /** The run that it is for: what it holds is not dropped. */
  readonly user: string;
  readonly log: (line: string) => void;
  readonly signal: AbortSignal;
};

/** What `.complete` in an environment's folder holds. */
type Completed = { readonly builtAt: string; readonly warnings: readonly string[] };

/**
 * Makes the builder of Python environments. An environment is built once for its content and interpreter, and found again without starting a
 * process. A failed or canceled build leaves its log (`logs/<hash>.log`) and nothing else.
 */
export function createPythonEnvironments(
  deps: PythonEnvironmentsDeps,
): (build: PythonBuild) => Promise<BuiltEnvironment> {
  const share = shareBuilds<BuiltEnvironment>();
  const unfetchable = new Set<string>();
  let building = 0;
  const interpreters = () => findInterpreters(deps.env, uvPythons(deps.folder));
  const at = (spec: PythonSpec, interpreter: Interpreter) => {
    const hash = specHash(spec, minorOf(interpreter.version), `${process.platform}-${process.arch}`);
    return { hash, target: join(deps.folder, 'envs', hash) };
  };

  /** Builds in a place of its own, behind the lock that other servers heed. */
  const make = async (
    { name, spec, user }: PythonBuild,
    workshop: Workshop,
    logFile: string,
  ): Promise<BuiltEnvironment> => {
    const installer = await findInstaller(workshop, interpreters());
    const picked = await pickInterpreter(workshop, installer, spec, interpreters, unfetchable);
    const { hash, target } = at(spec, picked.interpreter);
    const find = () => completed(target);
    return withLock(`${target}.lock`, workshop.signal, async () => {
      const meanwhile = await deps.cache.take(hash, user, find);
      if (meanwhile) return meanwhile;
      for (const note of spec.notes) workshop.log(note);
      const request = { name, spec, interpreter: picked.interpreter, substitute: picked.substitute, target, logFile };
      const warnings = await buildEnvironment(workshop, installer, request);
      const done: Completed = { builtAt: deps.clock.now().toISOString(), warnings };
      try {
        await replaceFile(join(target, COMPLETE), JSON.stringify(done));
      } catch (error) {
        await rm(target, { recursive: true, force: true });
        throw error;
      }
      return (await deps.cache.take(hash, user, find)) ?? result(target, warnings);
    });
  };

  /** A full disk is said so; what nobody uses makes room, and then it is tried once more. */
  const makeWithRoom = async (build: PythonBuild, workshop: Workshop, logFile: string): Promise<BuiltEnvironment> => {
    try {
      return await make(build, workshop, logFile);
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      const dropped = await deps.cache.evict(0);
      const packages = building === 1 && (await deps.cache.dropPackages(0));
      const full = (cause: unknown) =>
        unavailable(
          `The environment '${build.name}' could not be built: the disk of ${deps.folder} is full. Free some space, then submit the job again.`,
          { cause, wire: 'DiskFull', target: 'environment' },
        );
      if (dropped === 0 && !packages) throw full(error);
      workshop.log(
        `the disk is full: ${dropped} environments that nobody uses${packages ? ' and the kept packages' : ''} were dropped, and the build begins anew`,
      );
      return make(build, workshop, logFile).catch(async (again) => {
        if (!isDiskFull(again)) throw again;
        // What it fetched is of no use to anybody now, and the server needs the room.
        if (building === 1) await deps.cache.dropPackages(0);
        throw full(again);
      });
    }
  };

  return async (build) => {
    const { name, spec, user, log, signal } = build;
    const choice = chooseInterpreter(interpreters(), spec.python);
    const likely =
      choice.kind === 'fits' ? choice.interpreter : choice.kind === 'substitute' ? choice.nearest : undefined;
    const place = likely && at(spec, likely);
    const there = place && (await deps.cache.take(place.hash, user, () => completed(place.target)));
    if (there) return there;

    // One build for all who ask for the same, each with its own log and its own way out.
    const key = place?.hash ?? specHash(spec, 'none', process.platform);
    const built = await share(key, log, signal, async (say, stop) => {
      await mkdir(join(deps.folder, 'envs'), { recursive: true, mode: 0o700 });
      await mkdir(join(deps.folder, 'logs'), { recursive: true, mode: 0o700 });
      const logFile = join(deps.folder, 'logs', `${key}.log`);
      let writing = Promise.resolve();
      const tee = (line: string) => {
        say(line);
        writing = writing.then(() => appendFile(logFile, `${line}\n`, { mode: 0o600 }).catch(() => {}));
      };
      const workshop: Workshop = { folder: deps.folder, env: deps.env, log: tee, signal: stop };
      const began = deps.clock.now();
      tee(`${began.toISOString()} building the environment '${name}'`);
      building += 1;
      try {
        const made = await makeWithRoom(build, workshop, logFile);
        tee(`built in ${((deps.clock.now().getTime() - began.getTime()) / 1000).toFixed(1)} s`);
        return made;
      } catch (error) {
        tee(messageOf(error));
        deps.log.warn({ environment: name, hash: key }, 'an environment could not be built');
        throw error;
      } finally {
        building -= 1;
        await writing;
      }
    });
    if (built.root !== undefined) void tidy(deps, built.root, building === 0);
    // Whoever waited for another's build holds it too.
    const root = built.root;
    if (root !== undefined) await deps.cache.take(nameOf(root), user, () => completed(root));
    return built;
  };
}

/** After a build, while the job goes on: its size is noted, and what is too much goes. */
async function tidy(deps: PythonEnvironmentsDeps, root: string, isQuiet: boolean): Promise<void> {
  try {
    await deps.cache.measured(nameOf(root));
    await deps.cache.evict();
    if (isQuiet) await deps.cache.dropPackages(deps.limit);
  } catch (error) {
    deps.log.warn({ error }, 'environments could not be dropped');
  }
}

const nameOf = (root: string) => root.slice(root.lastIndexOf('/') + 1);

const FULL = /no space left on device|disk quota exceeded|ENOSPC|os error 28\b/i;

/** Whether a build failed for want of room, by the system's error or by the tool's words. */
function isDiskFull(error: unknown): boolean {
  return storageFault(error) === 'full' || (error instanceof DomainError && FULL.test(error.message));
}

async function completed(target: string): Promise<BuiltEnvironment | undefined> {
  const text = await readFile(join(target, COMPLETE), 'utf8').catch(() => undefined);
  // The interpreter behind it may have been taken off the machine since.
  if (text === undefined || !existsSync(join(target, 'bin', 'python'))) return undefined;
  return result(target, (JSON.parse(text) as Completed).warnings);
}

function result(target: string, warnings: readonly string[]): BuiltEnvironment {
  return {
    root: target,
    binFolder: join(target, 'bin'),
    // Empty is off: an environment keeps what Python compiles, or each process of each job would compile its imports again.
    env: { VIRTUAL_ENV: target, PYTHONDONTWRITEBYTECODE: '' },
    warnings,
  };
}

type Picked = { readonly interpreter: Interpreter; readonly substitute: boolean };

async function pickInterpreter(
  workshop: Workshop,
  installer: Installer,
  spec: PythonSpec,
  interpreters: () => Interpreter[],
  unfetchable: Set<string>,
): Promise<Picked> {
  const first = chooseInterpreter(interpreters(), spec.python);
  if (first.kind === 'fits') return { interpreter: first.interpreter, substitute: false };
  const minor = wantedMinor(spec.python ?? '');
  if (installer.kind === 'uv' && !unfetchable.has(minor)) {
    if (!(await fetchInterpreter(workshop, installer.program, minor))) unfetchable.add(minor);
    const second = chooseInterpreter(interpreters(), spec.python);
    if (second.kind === 'fits') return { interpreter: second.interpreter, substitute: false };
  }
  if (first.kind === 'substitute') return { interpreter: first.nearest, substitute: true };
  throw invalid(
    `No Python 3 was found on this machine${spec.python ? ` (${spec.python} is asked for)` : ''}, and none could be fetched. Install Python ${minor}.`,
    { target: 'environment', wire: 'EnvironmentBuildFailed' },
  );
}
