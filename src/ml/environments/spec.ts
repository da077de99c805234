import { createHash } from 'node:crypto';

/** A Python environment as it is wanted, whatever it was described with. */
export type PythonSpec = {
  /** PEP 440 range of the interpreter (`==3.10.*`); undefined: any. */
  readonly python: string | undefined;
  /** Lines of a requirements file. */
  readonly requirements: readonly string[];
  /** Options of a requirements file (`--extra-index-url …`). */
  readonly options: readonly string[];
  /** What cannot be as asked. */
  readonly warnings: readonly string[];
  /** What the build log says beside. */
  readonly notes: readonly string[];
};

/** The name of the folder that such an environment lives in: everything that decides its content. */
export function specHash(spec: PythonSpec, pythonMinor: string, platform: string): string {
  const content = JSON.stringify([
    spec.python ?? '',
    [...spec.requirements].sort(),
    spec.options,
    pythonMinor,
    platform,
  ]);
  return createHash('sha256').update(content).digest('hex').slice(0, 32);
}
