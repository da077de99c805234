import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StoredRun } from '../../jobs/job-rows.ts';
import { childWire } from './job-wire.ts';

test('a node of a pipeline shows what it reads and writes', () => {
  const workspace = {
    id: '0a1b2c3d-0000-4000-8000-000000000001',
    subscriptionId: 's',
    resourceGroup: 'g',
    name: 'w',
    location: 'eastus',
    storageAccount: 'mr0a1b2c3d000040008',
    createdAt: '2026-01-01T00:00:00.000Z',
  };
  const run: StoredRun = {
    plan: {
      runId: 'node',
      launchId: 'launch',
      name: 'train',
      displayName: 'Train',
      experimentName: 'e',
      tags: {},
      properties: {},
      createdAt: '2026-01-01T00:00:00.000Z',
      inputs: {
        rate: { value: { kind: 'literal', value: '0.1' }, mode: 'ReadOnlyMount' },
        trips: { value: { kind: 'asset', type: 'uri_folder', uri: 'azureml://x' }, mode: 'Download' },
      },
      outputs: { model: { type: 'mlflow_model', uri: 'azureml://y', mode: 'Upload' } },
      needs: [],
      work: {
        kind: 'command',
        command: 'true',
        environment: 'e',
        environmentVariables: {},
        compute: 'cpu-cluster',
        nodes: 1,
      },
    },
    state: { status: 'Running' },
  };
  const { properties } = childWire(workspace, run);
  assert.deepEqual(properties.inputs, {
    rate: { jobInputType: 'literal', value: '0.1' },
    trips: { jobInputType: 'uri_folder', uri: 'azureml://x', mode: 'Download' },
  });
  assert.deepEqual(properties.outputs, {
    model: { jobOutputType: 'mlflow_model', uri: 'azureml://y', mode: 'Upload' },
  });
});
