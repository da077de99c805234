import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fitsFilter } from './resource-filter.ts';

test('resources are filtered by name and type, and what is not understood is said', () => {
  const resource = {
    id: '/subscriptions/s/resourceGroups/G/x',
    name: 'DefaultWorkspace-EUS',
    type: 'Microsoft.OperationalInsights/workspaces',
  };
  for (const [filter, fits] of [
    [undefined, true],
    ["substringof('defaultworkspace', name)", true],
    ["substringof('other',name)", false],
    ["resourceType eq 'microsoft.operationalinsights/workspaces' and name eq 'defaultworkspace-eus'", true],
    ["resourceGroup eq 'g'", true],
    ["resourceGroup eq 'h'", false],
    ["resourceType eq 'Microsoft.Storage/storageAccounts'", false],
  ] as const)
    assert.equal(fitsFilter(filter, resource), fits, filter);
  assert.throws(() => fitsFilter("tagName eq 'a'", resource), { code: 'not-implemented', message: /tagName eq 'a'/ });
});
