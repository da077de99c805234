import { DATA_PLANE_HOST } from '../../places.ts';
import type { Workspace } from '../../types.ts';

/** The public names that clients and jobs of a workspace call. Millrace answers for each of them. */
export function networkDependencies(workspace: Workspace) {
  const category = (name: string, hosts: readonly string[]) => ({
    properties: {
      category: name,
      endpoints: hosts.map((domainName) => ({ domainName, endpointDetails: [{ port: 443 }] })),
    },
  });
  return {
    value: [
      category('Azure Active Directory', ['login.microsoftonline.com']),
      category('Azure portal', ['management.azure.com']),
      category('Azure Machine Learning', [DATA_PLANE_HOST]),
      category('Azure Storage', [`${workspace.storageAccount}.blob.core.windows.net`]),
    ],
  };
}
