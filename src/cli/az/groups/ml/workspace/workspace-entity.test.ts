import assert from 'node:assert/strict';
import { test } from 'node:test';
import { workspaceEntity } from './workspace-entity.ts';

const id =
  '/subscriptions/6d1c7a3e-0000-4000-8000-000000000002/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/ws';

test('a workspace is printed as the real az prints it (recorded)', () => {
  const entity = workspaceEntity({
    id,
    name: 'ws',
    location: 'eastus',
    tags: {},
    identity: { type: 'SystemAssigned', principalId: 'p', tenantId: 't' },
    properties: { friendlyName: 'ws', description: '', hbiWorkspace: false, publicNetworkAccess: 'Enabled' },
  });
  assert.deepEqual(entity, {
    id,
    name: 'ws',
    location: 'eastus',
    resource_group: 'rg',
    resourceGroup: 'rg',
    display_name: 'ws',
    description: '',
    hbi_workspace: false,
    public_network_access: 'Enabled',
    identity: { type: 'system_assigned', principal_id: 'p', tenant_id: 't' },
    tags: {},
  });
});

test('identities that a user assigned are printed by their resource ids', () => {
  const { identity } = workspaceEntity({
    id,
    name: 'ws',
    location: 'eastus',
    identity: {
      type: 'SystemAssigned,UserAssigned',
      userAssignedIdentities: { '/subscriptions/s/x': { clientId: 'c', principalId: 'q' } },
    },
    properties: {},
  });
  assert.deepEqual(identity, {
    type: 'system_assigned,user_assigned',
    user_assigned_identities: { '/subscriptions/s/x': { client_id: 'c', principal_id: 'q' } },
  });
});
