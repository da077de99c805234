import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseReference } from './parse-reference.ts';

const scope = { subscriptionId: 's', resourceGroup: 'g', name: 'w' };
const provider = 'providers/Microsoft.MachineLearningServices';
const here = { kind: 'here' };

test('every form in which clients name data', () => {
  const cases: [string, unknown][] = [
    ['azureml://datastores/d/paths/a/b.csv', { kind: 'datastore', datastore: 'd', path: 'a/b.csv' }],
    ['azureml://datastores/d', { kind: 'datastore', datastore: 'd', path: '' }],
    ['azureml:azureml://datastores/d/paths/a/', { kind: 'datastore', datastore: 'd', path: 'a/' }],
    [
      'azureml://subscriptions/s/resourcegroups/g/workspaces/w/datastores/d/paths/a',
      { kind: 'datastore', datastore: 'd', path: 'a', scope },
    ],
    [
      `azureml://subscriptions/s/resourceGroups/g/${provider}/workspaces/w/datastores/d/paths/a`,
      { kind: 'datastore', datastore: 'd', path: 'a', scope },
    ],
    ['azureml:taxi:1', { kind: 'asset', home: here, name: 'taxi', which: { version: '1' } }],
    ['azureml:taxi:2024-01-01:a', { kind: 'asset', home: here, name: 'taxi', which: { version: '2024-01-01:a' } }],
    ['azureml:taxi@latest', { kind: 'asset', home: here, name: 'taxi', which: { label: 'latest' } }],
    [
      `azureml:/subscriptions/s/resourceGroups/g/${provider}/workspaces/w/data/taxi/versions/1`,
      { kind: 'asset', home: { kind: 'workspace', scope }, assets: 'data', name: 'taxi', which: { version: '1' } },
    ],
    [
      `/subscriptions/s/resourceGroups/g/${provider}/workspaces/w/models/m/labels/latest`,
      { kind: 'asset', home: { kind: 'workspace', scope }, assets: 'models', name: 'm', which: { label: 'latest' } },
    ],
    [
      'azureml://subscriptions/s/resourcegroups/g/workspaces/w/data/taxi/versions/1',
      { kind: 'asset', home: { kind: 'workspace', scope }, assets: 'data', name: 'taxi', which: { version: '1' } },
    ],
    [
      'azureml://locations/eastus/workspaces/id/data/taxi/versions/1',
      {
        kind: 'asset',
        home: { kind: 'workspace-id', id: 'id' },
        assets: 'data',
        name: 'taxi',
        which: { version: '1' },
      },
    ],
    [
      'azureml://registries/r/models/m/versions/3',
      { kind: 'asset', home: { kind: 'registry', name: 'r' }, assets: 'models', name: 'm', which: { version: '3' } },
    ],
    [
      'azureml://registries/r/data/d/labels/latest',
      {
        kind: 'asset',
        home: { kind: 'registry', name: 'r' },
        assets: 'data',
        name: 'd',
        which: { label: 'latest' },
      },
    ],
    ['models:/m/3', { kind: 'asset', home: here, name: 'm', which: { version: '3' }, assets: 'models' }],
    ['azureml://jobs/j/outputs/o', { kind: 'output', runId: 'j', output: 'o', path: '' }],
    ['azureml://jobs/j/outputs/o/', { kind: 'output', runId: 'j', output: 'o', path: '' }],
    ['azureml://jobs/j/outputs/o/paths/a/b', { kind: 'output', runId: 'j', output: 'o', path: 'a/b' }],
    [
      'azureml://jobs/j/outputs/artifacts/paths/model',
      { kind: 'output', runId: 'j', output: 'artifacts', path: 'model' },
    ],
    ['runs:/j/model', { kind: 'artifacts', runId: 'j', path: 'model' }],
    [
      'azureml://locations/eastus/workspaces/id/data/azureml_j_output_data_o/versions/1',
      { kind: 'output', runId: 'j', output: 'o', path: '' },
    ],
    ['azureml:azureml_j_output_data_o:1', { kind: 'output', runId: 'j', output: 'o', path: '' }],
    [
      'https://account1.blob.core.windows.net:443/c/a%20b/x.csv?sig=1',
      { kind: 'storage', account: 'account1', container: 'c', path: 'a b/x.csv' },
    ],
    ['https://account1.blob.core.windows.net/c', { kind: 'storage', account: 'account1', container: 'c', path: '' }],
    [
      'wasbs://c@account1.blob.core.windows.net/a/',
      { kind: 'storage', account: 'account1', container: 'c', path: 'a/' },
    ],
    [
      'abfss://fs@account1.dfs.core.windows.net/a',
      { kind: 'storage', account: 'account1', container: 'fs', path: 'a' },
    ],
    ['adl://lake1.azuredatalakestore.net/a', { kind: 'storage', account: 'lake1', container: 'adls', path: 'a' }],
    ['https://example.org/data/x.csv?a=1', { kind: 'web', url: 'https://example.org/data/x.csv?a=1' }],
    ['/home/me/data', undefined],
    ['file:///etc/passwd', undefined],
    ['./data', undefined],
    ['azureml:taxi', undefined],
    ['ftp://example.org/x', undefined],
  ];
  for (const [text, expected] of cases) assert.deepEqual(parseReference(text), expected, text);
});
