import { compact, type Wire, wireOf } from '../entity.ts';
import { snake } from './wire-words.ts';

/** What a Spark job runs and how, as a shown job has it (recorded). */
export function sparkJobEntity(properties: Wire): Wire {
  const conf = Object.entries(wireOf(properties['conf']) ?? {});
  return {
    entry: sparkEntry(properties['entry'], 'sparkJobEntryType'),
    args: properties['args'],
    py_files: properties['pyFiles'],
    jars: properties['jars'],
    files: properties['files'],
    archives: properties['archives'],
    resources: sparkResources(properties['resources']),
    conf: Object.fromEntries(
      conf.map(([key, value]) => [key, typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value]),
    ),
  };
}

/** What Spark runs: a file, or a class. @param kind the member that names which, in a job's spelling or in a node's */
export function sparkEntry(entry: unknown, kind: string): Wire | undefined {
  const { [kind]: _kind, ...rest } = wireOf(entry) ?? {};
  const shown = Object.fromEntries(Object.entries(compact(rest)).map(([key, value]) => [snake(key), value]));
  return Object.keys(shown).length ? shown : undefined;
}

function sparkResources(resources: unknown): Wire | undefined {
  const wire = wireOf(resources);
  if (!wire) return undefined;
  return compact({ instance_type: wire['instanceType'], runtime_version: wire['runtimeVersion'] });
}
