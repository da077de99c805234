// The operations of Azure Machine Learning's resource provider: `src/ml/arm/operations.gen.ts` from the public API specification, and the page that
// says what of it works from that table and `src/ml/arm/operation-status.ts`.
//
//   node tools/generate-ml-operations.ts            the page
//   node tools/generate-ml-operations.ts FOLDER     the table too, from the specification's files in FOLDER
//
// `npm run check` compares the page with its file; tools/ml-operations/operations.test.ts compares the table where the specification is there.
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { OPERATION_STATUS, type OperationState } from '../src/ml/arm/operation-status.ts';
import { OPERATIONS } from '../src/ml/arm/operations.gen.ts';

const root = resolve(import.meta.dirname, '..');
const table = join(root, 'src/ml/arm/operations.gen.ts');
const page = join(root, 'docs/compatibility-azure-ml.gen.md');

/** The files of the specification that make up one version of the API. */
export const SPEC_FILES = ['machineLearningServices', 'mfe', 'registries', 'workspaceFeatures'] as const;

type Spec = { info: { version: string }; paths: Record<string, Record<string, { operationId?: string }>> };

/** The table as the specification in a folder says it. */
export function operationTable(folder: string): string {
  const lines: string[] = [];
  let version = '';
  for (const file of SPEC_FILES) {
    const spec = JSON.parse(readFileSync(join(folder, `${file}.json`), 'utf8')) as Spec;
    version = spec.info.version;
    for (const [path, methods] of Object.entries(spec.paths))
      for (const [method, operation] of Object.entries(methods))
        if (operation.operationId)
          lines.push(
            `  { id: '${operation.operationId}', method: '${method.toUpperCase()}', path: '${path.replaceAll('//', '/')}' },`,
          );
  }
  lines.sort();
  return `// Made by tools/generate-ml-operations.ts from the public specification. Do not edit.

/** The API version whose operations these are. */
export const OPERATIONS_VERSION = '${version}';

/** Every operation of Azure Machine Learning's resource provider. */
// biome-ignore format: a line each
export const OPERATIONS = [
${lines.join('\n')}
] as const;

export type OperationId = (typeof OPERATIONS)[number]['id'];
`;
}

/** Whether the page in the repository is what table and states say. */
export function isOperationPageCurrent(): boolean {
  try {
    return readFileSync(page, 'utf8') === operationPage();
  } catch {
    return false;
  }
}

const PROVIDER_PATH = /^.*\/providers\/Microsoft\.MachineLearningServices/;

function operationPage(): string {
  const groups = new Map<string, string[]>();
  const counts: Record<OperationState, number> = { done: 0, 'stored only': 0, 'not implemented': 0 };
  for (const { id, method, path } of OPERATIONS) {
    const { state, note } = stateOf(OPERATION_STATUS[id]);
    counts[state] += 1;
    const [group = '', name = ''] = id.split('_');
    const rows = groups.get(group) ?? [];
    rows.push(`| ${name} | \`${method} ${path.replace(PROVIDER_PATH, '…')}\` | ${state} | ${note} |`);
    groups.set(group, rows);
  }
  return [
    '<!-- Made by tools/generate-ml-operations.ts from the table of operations and src/ml/arm/operation-status.ts. -->',
    '# Operations of Azure Machine Learning',
    '',
    `The ${OPERATIONS.length} operations of the resource provider's 2024-04-01 API: ${counts.done} done, ${counts['stored only']} stored only, ${counts['not implemented']} not implemented.`,
    '',
    'Every API version is taken. **Done**: does what the public service does, and its answers are held against the public specification. **Stored only**: what is',
    'sent is checked, kept and given back, and changes nothing here. **Not implemented**: answers 501 with the message `not implemented: <operation>` in the',
    "service's error shape. `…` stands for the subscription (and resource group) and `/providers/Microsoft.MachineLearningServices`. What else works is in",
    '[what works](compatibility.md).',
    ...[...groups].flatMap(([group, rows]) => [
      '',
      `## ${group}`,
      '',
      '| operation | request | state | notes |',
      '|---|---|---|---|',
      ...rows,
    ]),
    '',
  ].join('\n');
}

function stateOf(entry: (typeof OPERATION_STATUS)[keyof typeof OPERATION_STATUS]): {
  state: OperationState;
  note: string;
} {
  return typeof entry === 'string' ? { state: entry, note: '' } : { state: entry[0], note: entry[1] };
}

if (import.meta.main) {
  const folder = process.argv[2];
  if (folder !== undefined) {
    writeFileSync(table, operationTable(folder));
    console.error(`${table} written; run again without a folder to write the page from it`);
  } else writeFileSync(page, operationPage());
}
