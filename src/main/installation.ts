import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Where Millrace itself lies: a checkout that runs its TypeScript, or the installed package that runs the bundle. */
export type Installation = {
  readonly root: string;
  readonly version: string;
  /** Absolute path of a program: `millrace`, `agent` or `az`. */
  program(name: 'millrace' | 'agent' | 'az'): string;
  readonly tasksFolder: string;
  /** The file of a task folder that exports `run`. */
  readonly taskModule: 'index.ts' | 'index.js';
  readonly samplesFolder: string;
  /**
   * Options that every Node process of ours starts with, as in `bin/millrace`. A start makes much and drops little: with the one
   * MiB that Node begins with, a tenth of its processor time was collecting garbage.
   */
  readonly nodeOptions: readonly string[];
};

/** Finds the installation from the place of this very file: `src/main/` in a checkout, `dist/` in the package. */
export function findInstallation(here = import.meta.dirname): Installation {
  const checkout = here.endsWith(join('src', 'main'));
  const root = checkout ? dirname(dirname(here)) : dirname(here);
  const version = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;
  return {
    root,
    version,
    program: (name) => join(here, checkout ? `${name}.ts` : `${name}.js`),
    tasksFolder: checkout ? join(root, 'tasks') : join(here, 'tasks'),
    taskModule: checkout ? 'index.ts' : 'index.js',
    samplesFolder: join(root, 'samples'),
    nodeOptions: ['--disable-warning=ExperimentalWarning', '--min-semi-space-size=16'],
  };
}
