// Holds the import table of docs/architecture.md: which folder may import which, no circles, no import of a sibling plug-in.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { parseSync } from 'oxc-parser';
import { sourceFiles } from './source-files.ts';

/** Folder → folders it may import, besides itself. What a row does not list is forbidden. */
const TABLE: Readonly<Record<string, readonly string[]>> = {
  'src/kernel': [],
  'src/contracts': ['src/kernel'],
  'src/store': ['src/kernel'],
  'src/http': ['src/kernel', 'src/contracts', 'src/store'],
  'src/language': ['src/kernel'],
  'src/agent': ['src/kernel', 'src/contracts', 'src/language/expressions'],
  'src/identity': ['src/kernel', 'src/contracts', 'src/store', 'src/http'],
  'src/blobs': ['src/kernel', 'src/contracts', 'src/store', 'src/http'],
  'src/drivers': ['src/kernel', 'src/contracts'],
  'src/devops': ['src/language', 'src/store', 'src/http', 'src/kernel', 'src/contracts'],
  'src/ml': ['src/drivers', 'src/store', 'src/http', 'src/kernel', 'src/contracts'],
  'src/gateway': ['src/kernel', 'src/http'],
  'src/cli': ['src/kernel', 'src/contracts', 'src/language', 'src/agent'],
  'src/main': ['src', 'tasks'],
  tasks: ['src/contracts/task.ts'],
  tools: ['src', 'tasks'],
  bench: ['src'],
  scenarios: ['src', 'tasks'],
  conformance: ['src/kernel'],
};

/** Folders whose sub-folders are plug-ins: they import their engine, never a sibling, and the engine imports none of them. */
const PLUG_INS = [
  'src/devops/api',
  'src/devops/servertasks',
  'src/devops/checks',
  'src/ml/api',
  'src/ml/jobtypes',
  'tasks',
];

/** The one file of a slice that lists its plug-ins, or is handed them. */
const REGISTRIES = /(^|\/)(registry|index)\.ts$/;

type Import = { readonly from: string; readonly to: string; readonly line: number };

/** Relative imports of a TypeScript file, resolved to paths from the repository's top. */
export function importsOf(file: string): Import[] {
  const text = readFileSync(file, 'utf8');
  const parsed = parseSync(file, text);
  if (parsed.errors.length > 0) throw new Error(`${file}: ${parsed.errors[0]?.message}`);
  const found = [
    ...parsed.module.staticImports.map((entry) => ({ value: entry.moduleRequest.value, start: entry.start })),
    ...parsed.module.staticExports.flatMap((entry) =>
      entry.entries.flatMap((item) =>
        item.moduleRequest ? [{ value: item.moduleRequest.value, start: entry.start }] : [],
      ),
    ),
    ...parsed.module.dynamicImports.flatMap((entry) => {
      const literal = /^['"]([^'"]+)['"]$/.exec(text.slice(entry.moduleRequest.start, entry.moduleRequest.end));
      return literal ? [{ value: literal[1] as string, start: entry.start }] : [];
    }),
  ];
  return found
    .filter((entry) => entry.value.startsWith('.'))
    .map((entry) => ({
      from: file,
      to: normalize(join(dirname(file), entry.value)),
      line: text.slice(0, entry.start).split('\n').length,
    }));
}

const within = (file: string, folder: string) => file === folder || file.startsWith(`${folder}/`);

/** Why an import breaks the table, or undefined. */
export function faultOf({ from, to }: { from: string; to: string }): string | undefined {
  const home = Object.keys(TABLE).find((folder) => within(from, folder));
  if (!home) return undefined;
  const allowed = [home, ...(TABLE[home] ?? [])];
  const sameHome = within(to, home);
  if (!allowed.some((folder) => within(to, folder))) return `${home} may not import ${to}`;
  for (const folder of PLUG_INS) {
    const fromPlugIn = plugInOf(from, folder);
    const toPlugIn = plugInOf(to, folder);
    if (toPlugIn === undefined || fromPlugIn === toPlugIn) continue;
    if (fromPlugIn !== undefined) return `the plug-in ${folder}/${fromPlugIn} may not import its sibling ${toPlugIn}`;
    if (sameHome && !REGISTRIES.test(from) && !from.endsWith('.test.ts'))
      return `an engine may not import the plug-in ${folder}/${toPlugIn}: main hands it the registry`;
  }
  return undefined;
}

function plugInOf(file: string, folder: string): string | undefined {
  if (!within(file, folder)) return undefined;
  const rest = file.slice(folder.length + 1);
  return rest.includes('/') ? rest.slice(0, rest.indexOf('/')) : undefined;
}

/** The first circle among the imports, as the files on it, or undefined. */
export function circleIn(graph: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): string[] | undefined => {
    const at = path.indexOf(file);
    if (at >= 0) return [...path.slice(at), file];
    if (done.has(file)) return undefined;
    path.push(file);
    for (const next of graph.get(file) ?? []) {
      const circle = visit(next);
      if (circle) return circle;
    }
    path.pop();
    done.add(file);
    return undefined;
  };
  for (const file of graph.keys()) {
    const circle = visit(file);
    if (circle) return circle;
  }
  return undefined;
}

/** Checks every source file; answers the faults as lines `file:line: what`. */
export function checkLayers(): string[] {
  const files = sourceFiles(/^(src|tasks|tools|bench|scenarios|conformance)\/.*\.ts$/).filter(existsSync);
  const imports = files.flatMap(importsOf);
  const faults = imports.flatMap((entry) => {
    const fault = faultOf(entry);
    return fault ? [`${entry.from}:${entry.line}: ${fault}`] : [];
  });
  const graph = new Map<string, string[]>();
  for (const { from, to } of imports) graph.set(from, [...(graph.get(from) ?? []), to]);
  const circle = circleIn(graph);
  if (circle) faults.push(`circle: ${circle.join(' → ')}`);
  return faults;
}

if (import.meta.main) {
  const faults = checkLayers();
  for (const fault of faults) console.error(fault);
  console.error(
    faults.length === 0
      ? 'The import table holds.'
      : `${faults.length} imports break the table of docs/architecture.md.`,
  );
  process.exitCode = faults.length === 0 ? 0 : 1;
}
