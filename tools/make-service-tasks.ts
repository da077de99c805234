// Makes tasks/service-tasks.json from the JSON Schema that editors use for Azure Pipelines, which the service's own list of tasks was
// put into: `node tools/make-service-tasks.ts SCHEMA`. The schema is service-schema.json of microsoft/azure-pipelines-vscode (MIT); the Python package
// check-jsonschema carries it as builtin_schemas/vendor/azure-pipelines.json. Only names, versions and inputs are taken.
import { readFileSync, writeFileSync } from 'node:fs';

type TaskSchema = {
  properties: {
    task: { pattern: string };
    inputs?: { properties?: Record<string, unknown>; required?: readonly string[] };
  };
};

const [file] = process.argv.slice(2);
if (!file) throw new Error('Name the schema: node tools/make-service-tasks.ts azure-pipelines.json');
const schema = JSON.parse(readFileSync(file, 'utf8')) as { definitions: { task: { anyOf: readonly TaskSchema[] } } };
const lines = new Map<string, string>();
for (const { properties } of schema.definitions.task.anyOf) {
  const reference = properties.task.pattern.replace(/^\^|\$$/g, '');
  const { properties: inputs = {}, required = [] } = properties.inputs ?? {};
  const names = Object.keys(inputs).map((name) => (required.includes(name) ? `${name}*` : name));
  lines.set(reference, `    ${JSON.stringify(reference)}: ${JSON.stringify(names.join(' '))}`);
}
const sorted = [...lines].sort(([a], [b]) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1)).map(([, line]) => line);
const about =
  "The service's own tasks, name@version, with the names of their inputs, required ones with *. Made by tools/make-service-tasks.ts.";
writeFileSync(
  'tasks/service-tasks.json',
  `{\n  "about": ${JSON.stringify(about)},\n  "tasks": {\n${sorted.join(',\n')}\n  }\n}\n`,
);
