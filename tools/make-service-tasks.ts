// Makes tasks/service-tasks.json from the JSON Schema that editors use for Azure Pipelines, which the service's own list of tasks was
// put into: `node tools/make-service-tasks.ts SCHEMA`. The schema is service-schema.json of microsoft/azure-pipelines-vscode (MIT); the Python package
// check-jsonschema carries it as builtin_schemas/vendor/azure-pipelines.json. Only names, versions and inputs are taken. The schema has no ids: those of
// the table, which are from the tasks' manifests in microsoft/azure-pipelines-tasks (MIT), are kept; a new name's is to be added by hand.
import { readFileSync, writeFileSync } from 'node:fs';

type TaskSchema = {
  properties: {
    task: { pattern: string };
    inputs?: { properties?: Record<string, unknown>; required?: readonly string[] };
  };
};

/** Inputs that the schema takes for required, though their group, which it doesn't look at, is there for some uses only. */
const inGroupsWithRules: Readonly<Record<string, readonly string[]>> = {
  AzureVmssDeployment: ['imageUrl'],
  HelmDeploy: ['azureSubscriptionForACR', 'azureResourceGroupForACR', 'azureContainerRegistry'],
  IISWebAppManagementOnMachineGroup: [
    'WebsiteName',
    'Bindings',
    'AppPoolNameForWebsite',
    'ParentWebsiteNameForVD',
    'VirtualPathForVD',
    'ParentWebsiteNameForApplication',
    'VirtualPathForApplication',
    'AppPoolNameForApplication',
    'AppPoolName',
  ],
  PackerBuild: [
    'ConnectedServiceName',
    'location',
    'storageAccountName',
    'azureResourceGroup',
    'packagePath',
    'deployScriptPath',
  ],
};

const table = 'tasks/service-tasks.json';
const { ids: allIds = {} } = JSON.parse(readFileSync(table, 'utf8')) as { ids?: Record<string, string> };
const [file] = process.argv.slice(2);
if (!file) throw new Error('Name the schema: node tools/make-service-tasks.ts azure-pipelines.json');
const schema = JSON.parse(readFileSync(file, 'utf8')) as { definitions: { task: { anyOf: readonly TaskSchema[] } } };
const lines = new Map<string, string>();
for (const { properties } of schema.definitions.task.anyOf) {
  const reference = properties.task.pattern.replace(/^\^|\$$/g, '');
  const { properties: inputs = {}, required = [] } = properties.inputs ?? {};
  const sometimes = inGroupsWithRules[reference.split('@')[0]!] ?? [];
  const isRequired = (name: string) => required.includes(name) && !sometimes.includes(name);
  const names = Object.keys(inputs).map((name) => (isRequired(name) ? `${name}*` : name));
  lines.set(reference, `    ${JSON.stringify(reference)}: ${JSON.stringify(names.join(' '))}`);
}
const sorted = [...lines].sort(([a], [b]) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1)).map(([, line]) => line);
const about =
  "The service's own tasks, name@version, with the names of their inputs, those that are needed whatever the others are with *; the id of each name. Made by tools/make-service-tasks.ts.";
const names = new Set([...lines.keys()].map((reference) => reference.split('@')[0]!));
const ids = Object.keys(allIds)
  .filter((name) => names.has(name))
  .sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1))
  .map((name) => `    ${JSON.stringify(name)}: ${JSON.stringify(allIds[name])}`);
writeFileSync(
  table,
  `{\n  "about": ${JSON.stringify(about)},\n  "ids": {\n${ids.join(',\n')}\n  },\n  "tasks": {\n${sorted.join(',\n')}\n  }\n}\n`,
);
