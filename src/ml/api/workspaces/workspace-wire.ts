import { type ArmContext, systemData, wireTime } from '../../arm/context.ts';
import { privateEndpointConnectionsOf } from '../../arm/private-endpoint-connections.ts';
import { DATA_PLANE_HOST, workspaceResourceId } from '../../places.ts';
import { objectField, textField } from '../../wire-fields.ts';
import type { WorkspaceRecord } from '../../workspaces.ts';
import { WORKSPACE_TYPE } from './workspace-change.ts';

/** The workspace as ARM shows it. */
export function workspaceWire(context: ArmContext, workspace: WorkspaceRecord) {
  const id = workspaceResourceId(workspace);
  const group = `/subscriptions/${workspace.subscriptionId}/resourceGroups/${workspace.resourceGroup}/providers`;
  const identity = objectField(workspace, 'identity');
  const type = textField(identity, 'type') ?? 'SystemAssigned';
  return {
    id,
    name: workspace.name,
    type: WORKSPACE_TYPE,
    location: workspace.location,
    tags: workspace.tags,
    kind: workspace.kind,
    etag: null,
    sku: { name: 'Basic', tier: 'Basic' },
    identity: {
      ...identity,
      type,
      ...(type.includes('SystemAssigned') ? { principalId: workspace.id, tenantId: context.tenantId } : {}),
    },
    properties: {
      friendlyName: workspace.name,
      description: '',
      // A workspace from before these were recorded has names of this form, and nothing behind them.
      keyVault: `${group}/Microsoft.Keyvault/vaults/kv${workspace.storageAccount}`,
      applicationInsights: `${group}/Microsoft.insights/components/ai${workspace.storageAccount}`,
      storageAccount: storageAccountId(workspace),
      hbiWorkspace: false,
      publicNetworkAccess: 'Enabled',
      v1LegacyMode: false,
      softDeleteEnabled: false,
      storageHnsEnabled: false,
      ...workspace.properties,
      privateLinkCount: privateEndpointConnectionsOf(workspace).length,
      workspaceId: workspace.id,
      discoveryUrl: `https://${DATA_PLANE_HOST}/discovery`,
      mlFlowTrackingUri: `azureml://${DATA_PLANE_HOST}/mlflow/v1.0${id}`,
      tenantId: context.tenantId,
      provisioningState: 'Succeeded',
      creationTime: wireTime(workspace.createdAt),
    },
    systemData: systemData(workspace.createdAt, 'Millrace'),
  };
}

/** The resource id of a workspace's storage account. */
export function storageAccountId(workspace: WorkspaceRecord): string {
  return (
    textField(workspace.properties, 'storageAccount') ??
    `/subscriptions/${workspace.subscriptionId}/resourceGroups/${workspace.resourceGroup}/providers/Microsoft.Storage/storageAccounts/${workspace.storageAccount}`
  );
}
