// The page of the mlflow client's calls: which of them work, from the client's own list and the server's own routes. `npm run check` compares it.
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { CLIENT_CALLS, MLFLOW_VERSION } from '../src/ml/tracking/client-calls.gen.ts';
import { ROUTES } from '../src/ml/tracking/routes.ts';

const page = resolve(import.meta.dirname, '../docs/reference/mlflow-calls.gen.md');

/** Whether the page in the repository is what client and routes say. */
export function isMlflowCallsPageCurrent(): boolean {
  try {
    return readFileSync(page, 'utf8') === mlflowCallsPage();
  } catch {
    return false;
  }
}

function mlflowCallsPage(): string {
  const plain = (path: string) => path.replace(/\{[^}]+\}|:\w+/g, '*');
  const built = new Set(ROUTES.map(([method, path]) => `${method} ${plain(path)}`));
  const areas = new Map<string, string[]>();
  let count = 0;
  for (const [name, method, path] of CLIENT_CALLS) {
    const area = path.split('/')[1] as string;
    const works = built.has(`${method} ${plain(path)}`);
    if (works) count++;
    const row = `| \`${name}\` | ${method} \`${path}\` | ${works ? 'works' : 'not implemented'} |`;
    areas.set(area, [...(areas.get(area) ?? []), row]);
  }
  return [
    '<!-- Made by tools/generate-mlflow-calls.ts. -->',
    "# The mlflow client's calls",
    '',
    `Every call that the REST stores of mlflow ${MLFLOW_VERSION} can make, from the client's own source: ${count} of ${CLIENT_CALLS.length} work. Paths are below \`/api/2.0/mlflow\` (some below`,
    "`/api/3.0/mlflow`) of a tracking address. The others answer 501 with MLflow's own error body: `NOT_IMPLEMENTED`, and the call's name.",
    'Files go through `/api/2.0/mlflow-artifacts`, which the page does not list.',
    ...[...areas].flatMap(([area, rows]) => [
      '',
      `## ${area}`,
      '',
      '| call | request | state |',
      '|---|---|---|',
      ...rows,
    ]),
    '',
  ].join('\n');
}

if (import.meta.main) writeFileSync(page, mlflowCallsPage());
