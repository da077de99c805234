import assert from 'node:assert/strict';
import { test } from 'node:test';
import { curatedNameOf, standInFor } from './curated.ts';

test('a curated name is read in all its forms', () => {
  for (const reference of [
    'AzureML-sklearn-1.5',
    'azureml:AzureML-sklearn-1.5@latest',
    'azureml://registries/azureml/environments/sklearn-1.5/labels/latest',
    'mcr.microsoft.com/azureml/curated/sklearn-1.5:12',
  ])
    assert.equal(curatedNameOf(reference), 'sklearn-1.5');
  assert.equal(curatedNameOf('AzureML-sklearn-0.24-ubuntu18.04-py37-cpu'), undefined);
});

test('for an image that is not in the table stands the nearest of its family: its version, a newer one, the newest', () => {
  const of = (reference: string) => {
    const found = standInFor(reference);
    return found && [found.name, found.sameVersion];
  };
  assert.deepEqual(of('sklearn-1.1'), ['sklearn-1.1-ubuntu20.04-py38-cpu', true]);
  assert.deepEqual(of('azureml:AzureML-sklearn-0.24-ubuntu18.04-py37-cpu:9'), [
    'sklearn-1.0-ubuntu20.04-py38-cpu',
    false,
  ]);
  assert.deepEqual(of('azureml://registries/azureml/environments/sklearn-1.7/labels/latest'), ['sklearn-1.5', false]);
  assert.deepEqual(of('AzureML-pytorch-1.9-ubuntu18.04-py37-cuda11-gpu'), ['acpt-pytorch-2.8-cuda12.6', false]);
  assert.deepEqual(of('acpt-pytorch-2.2-cuda12.1'), ['acpt-pytorch-2.8-cuda12.6', false]);
  assert.deepEqual(of('tensorflow-2.16-cuda11'), ['tensorflow-2.16-cuda12', true]);
  assert.deepEqual(of('responsibleai-ubuntu20.04-py38-cpu'), ['responsibleai-tabular', false]);
  assert.equal(of('nothing-1.0'), undefined);
});
