import { existsSync } from 'node:fs';
import { appendFile, mkdir, readFile, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../../kernel/clock.ts';
import { DomainError, invalid, messageOf } from '../../kernel/errors.ts';
import type { Log } from '../../kernel/log.ts';
import { replaceFile } from '../../kernel/replace-file.ts';
import type { BuiltEnvironment, EnvironmentBuilder, EnvironmentRequest } from '../types.ts';
import { buildEnvironment } from './build.ts';
import { type CuratedImage, curatedImages, curatedNameOf } from './curated.ts';
import {
  fetchInterpreter,
  findInstaller,
  type Installer,
  inOrderOfUse,
  uvPythons,
  type Workshop,
} from './installer.ts';
import { chooseInterpreter, findInterpreters, type Interpreter, minorOf, wantedMinor } from './interpreters.ts';
import { withLock } from './lock.ts';
import { shareBuilds } from './shared-build.ts';
import { type PythonSpec, specHash } from './spec.ts';

export type EnvironmentsDeps = {
  /** Absolute folder of the environments' own: built ones, logs, the installer, its cache. */
  readonly folder: string;
  /** The variables of the machine's user: PATH, pip's and uv's settings, proxies, certificates. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly log: Log;
  /** What curated names stand for; default is the built-in table. */
  readonly curated?: Readonly<Record<string, CuratedImage>>;
};

/** What `.complete` in an environment's folder holds. */
type Completed = { readonly builtAt: string; readonly warnings: readonly string[] };

/**
 * Makes the builder of Python environments. An environment is built once for its content and interpreter, and found again without starting a
 * process. A failed or canceled build leaves its log (`logs/<hash>.log`) and nothing else.
 */
export function createEnvironments(deps: EnvironmentsDeps): EnvironmentBuilder {
  const share = shareBuilds<BuiltEnvironment>();
  const unfetchable = new Set<string>();
  return {
    async ensure(request, log, signal) {
      if (signal.aborted)
        throw new DomainError('conflict', 'The build of the environment was canceled.', { wire: 'Canceled' });
      const spec = await specOf(request, deps.curated ?? curatedImages);
      const interpreters = () => findInterpreters(deps.env, uvPythons(deps.folder));
      if (!spec) return hostEnvironment(deps.folder, request, interpreters());

      const choice = chooseInterpreter(interpreters(), spec.python);
      const at = (interpreter: Interpreter) => {
        const hash = specHash(spec, minorOf(interpreter.version), `${process.platform}-${process.arch}`);
        return { hash, target: join(deps.folder, 'envs', hash) };
      };
      const likely =
        choice.kind === 'fits' ? choice.interpreter : choice.kind === 'substitute' ? choice.nearest : undefined;
      const there = likely && (await completed(at(likely).target));
      if (there) return there;

      // One build for all who ask for the same, each with its own log and its own way out.
      const key = likely ? at(likely).hash : specHash(spec, 'none', process.platform);
      return share(key, log, signal, async (say, stop) => {
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
        tee(`${began.toISOString()} building the environment '${request.name}'`);
        try {
          const installer = await findInstaller(workshop, interpreters());
          const picked = await pickInterpreter(workshop, installer, spec, interpreters, unfetchable);
          const { target } = at(picked.interpreter);
          return await withLock(`${target}.lock`, stop, async () => {
            const meanwhile = await completed(target);
            if (meanwhile) return meanwhile;
            for (const note of spec.notes) tee(note);
            const warnings = await buildEnvironment(workshop, installer, {
              name: request.name,
              spec,
              interpreter: picked.interpreter,
              substitute: picked.substitute,
              target,
              logFile,
            });
            const done: Completed = { builtAt: deps.clock.now().toISOString(), warnings };
            await replaceFile(join(target, '.complete'), JSON.stringify(done));
            tee(`built in ${((deps.clock.now().getTime() - began.getTime()) / 1000).toFixed(1)} s`);
            return result(target, warnings);
          });
        } catch (error) {
          tee(messageOf(error));
          deps.log.warn({ environment: request.name, hash: key }, 'an environment could not be built');
          throw error;
        } finally {
          await writing;
        }
      });
    },
  };
}

/** What the request asks for as packages of an index; undefined for an image alone. */
async function specOf(
  request: EnvironmentRequest,
  table: Readonly<Record<string, CuratedImage>>,
): Promise<PythonSpec | undefined> {
  if (request.condaFile !== undefined && request.condaFile.trim() !== '') {
    // A server that builds no environment never loads the YAML library.
    const { parseConda } = await import('./conda.ts');
    return parseConda(request.condaFile);
  }
  const reference = request.curated ?? request.image ?? '';
  const known = curatedNameOf(reference, table);
  if (known) return curatedSpec(known, table[known] as CuratedImage);
  if (request.curated !== undefined)
    throw invalid(
      `The curated environment '${request.curated}' is not in this Millrace's table. It has: ${Object.keys(table).join(', ')}. Use one of them, or an environment with a conda file.`,
      { target: 'environment', wire: 'EnvironmentNotFound' },
    );
  return undefined;
}

function curatedSpec(name: string, image: CuratedImage): PythonSpec {
  const notes =
    image.leftOut.length === 0 ? [] : [`'${name}' without what its image has beside: ${image.leftOut.join(', ')}.`];
  return { python: `==${image.python}.*`, requirements: image.requirements, options: [], warnings: [], notes };
}

async function completed(target: string): Promise<BuiltEnvironment | undefined> {
  const text = await readFile(join(target, '.complete'), 'utf8').catch(() => undefined);
  // The interpreter behind it may have been taken off the machine since.
  if (text === undefined || !existsSync(join(target, 'bin', 'python'))) return undefined;
  return result(target, (JSON.parse(text) as Completed).warnings);
}

function result(target: string, warnings: readonly string[]): BuiltEnvironment {
  return {
    python: join(target, 'bin', 'python'),
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

/** An image without packages of its own: its jobs run on the machine's Python, under the names `python` and `python3`. */
async function hostEnvironment(
  folder: string,
  request: EnvironmentRequest,
  interpreters: readonly Interpreter[],
): Promise<BuiltEnvironment> {
  const host = inOrderOfUse(interpreters)[0];
  if (!host)
    throw invalid(
      `The environment '${request.name}' is an image; without containers its jobs need a Python on this machine, and none was found.`,
    );
  const warnings = [
    `The environment '${request.name}' names the image '${request.image ?? ''}' and no packages: the job runs on this machine's own Python ${host.version}, without the image.`,
  ];
  const own = dirname(host.path);
  if (existsSync(join(own, 'python')) && existsSync(join(own, 'python3')))
    return { python: join(own, 'python'), binFolder: own, env: {}, warnings };
  // Where only `python3` or `python3.11` exists: links, since jobs say `python`.
  const binFolder = join(folder, 'host', minorOf(host.version), 'bin');
  await mkdir(binFolder, { recursive: true, mode: 0o700 });
  for (const name of ['python', 'python3']) await symlink(host.path, join(binFolder, name)).catch(ignoreExisting);
  return { python: join(binFolder, 'python'), binFolder, env: {}, warnings };
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}
