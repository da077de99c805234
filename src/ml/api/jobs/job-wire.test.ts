import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JobDocument, StoredRun } from '../../jobs/job-rows.ts';
import { childWire, jobWire } from './job-wire.ts';

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

test('a node of a pipeline shows what it reads and writes', () => {
  const { properties } = childWire(workspace, run);
  assert.deepEqual(properties.inputs, {
    rate: { jobInputType: 'literal', value: '0.1' },
    trips: { jobInputType: 'uri_folder', uri: 'azureml://x', mode: 'Download' },
  });
  assert.deepEqual(properties.outputs, {
    model: { jobOutputType: 'mlflow_model', uri: 'azureml://y', mode: 'Upload' },
  });
});

test('a command job tells the modes that nobody gave, and the folder of its artifacts once it has ended', () => {
  const document: JobDocument = {
    jobType: 'Command',
    createdAt: '2026-01-01T00:00:00.000Z',
    createdBy: 'x',
    properties: {
      jobType: 'Command',
      inputs: {
        rate: { jobInputType: 'literal', value: '0.1' },
        trips: { jobInputType: 'uri_folder', uri: 'azureml://x' },
        quick: { jobInputType: 'uri_file', uri: 'azureml://z', mode: 'Direct' },
      },
      outputs: {
        // Of the job that this one was copied from.
        default: {
          jobOutputType: 'uri_folder',
          uri: 'azureml://datastores/workspaceartifactstore/ExperimentRun/dcid.other',
        },
        model: { jobOutputType: 'mlflow_model' },
      },
    },
  };
  const model = { jobOutputType: 'mlflow_model', mode: 'ReadWriteMount' };
  const shown = jobWire(workspace, 'node', document, run, {}).properties as Record<string, unknown>;
  assert.deepEqual(shown['inputs'], {
    rate: { jobInputType: 'literal', value: '0.1' },
    trips: { jobInputType: 'uri_folder', uri: 'azureml://x', mode: 'ReadOnlyMount' },
    quick: { jobInputType: 'uri_file', uri: 'azureml://z', mode: 'Direct' },
  });
  assert.deepEqual(shown['outputs'], { model });
  const state = {
    status: 'Completed' as const,
    startedAt: '2026-01-01T00:00:01.500Z',
    endedAt: '2026-01-01T00:01:00Z',
  };
  const ended = jobWire(workspace, 'node', document, { ...run, state }, {}).properties as Record<string, unknown>;
  assert.deepEqual(ended['outputs'], {
    default: {
      jobOutputType: 'uri_folder',
      uri: 'azureml://datastores/workspaceartifactstore/ExperimentRun/dcid.node',
      mode: 'ReadWriteMount',
    },
    model,
  });
  assert.deepEqual(ended['properties'], {
    '_azureml.ComputeTargetType': 'amlctrain',
    '_azureml.ClusterName': 'cpu-cluster',
    StartTimeUtc: '2026-01-01 00:00:01',
    EndTimeUtc: '2026-01-01 00:01:00',
  });
});
