import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { OPERATIONS } from './operations.gen.ts';
import { operationOf } from './requested-operation.ts';

describe('the operation that a request means', () => {
  test('each of the table is found by its own path, in any casing', () => {
    for (const { id, method, path } of OPERATIONS) {
      const url = path.replaceAll(/\{(\w+)\}/g, 'one');
      assert.equal(operationOf(method, url), id);
      assert.equal(operationOf(method.toLowerCase(), `${url.toUpperCase()}/`), id);
    }
  });

  test('a word of the path wins over a parameter', () => {
    const at = '/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w';
    assert.equal(operationOf('POST', `${at}/models/m/versions/1/publish`), 'ModelVersions_Publish');
    assert.equal(operationOf('GET', `${at}/onlineEndpoints/e/deployments`), 'OnlineDeployments_List');
  });

  test('what the API does not have is nobody’s', () => {
    assert.equal(operationOf('GET', '/subscriptions/s/resourceGroups/g'), undefined);
    assert.equal(
      operationOf(
        'PATCH',
        '/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w/jobs/j',
      ),
      undefined,
    );
  });
});
