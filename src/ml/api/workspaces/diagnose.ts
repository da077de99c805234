import type { ArmContext } from '../../arm/context.ts';
import { textField } from '../../wire-fields.ts';
import type { WorkspaceRecord } from '../../workspaces.ts';
import { storageAccountId } from './workspace-wire.ts';

type Finding = { readonly code: string; readonly level: 'Warning' | 'Error' | 'Information'; readonly message: string };

/** Looks whether what a workspace is associated with is there. Networks, locks and names have nothing to look at here: their lists are empty. */
export async function diagnose(context: ArmContext, workspace: WorkspaceRecord) {
  const missing = async (id: string | undefined, what: string, needed: boolean): Promise<Finding[]> => {
    if (id === undefined || (await context.resources.find(id))) return [];
    return [
      {
        code: `${what.replaceAll(' ', '')}NotFound`,
        level: needed ? 'Error' : 'Warning',
        message: `The ${what.toLowerCase()} '${id}' of workspace ${workspace.name} is not there. Make it again by a PUT of that id.`,
      },
    ];
  };
  const named = (property: string) => textField(workspace.properties, property);
  const datastores = await context.datastores.list(workspace.id);
  return {
    value: {
      userDefinedRouteResults: [],
      networkSecurityRuleResults: [],
      resourceLockResults: [],
      dnsResolutionResults: [],
      storageAccountResults: named('storageAccount')
        ? await missing(storageAccountId(workspace), 'Storage Account', true)
        : [],
      keyVaultResults: await missing(named('keyVault'), 'Key Vault', true),
      containerRegistryResults: await missing(named('containerRegistry'), 'Container Registry', true),
      applicationInsightsResults: await missing(named('applicationInsights'), 'Application Insights', false),
      otherResults: datastores.some((datastore) => datastore.isDefault)
        ? []
        : [
            {
              code: 'DefaultDatastoreNotFound',
              level: 'Error' as const,
              message: `Workspace ${workspace.name} has no default datastore: outputs without a path have no place.`,
            },
          ],
    },
  };
}
