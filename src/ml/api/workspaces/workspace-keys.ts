import type { FastifyInstance } from 'fastify';
import { newSecret } from '../../../kernel/ids.ts';
import { type ArmContext, WORKSPACE, workspaceOf } from '../../arm/context.ts';
import { workspaceResourceId } from '../../places.ts';
import { isObject, objectField, textField } from '../../wire-fields.ts';
import type { WorkspaceRecord } from '../../workspaces.ts';
import { storageAccountId } from './workspace-wire.ts';

/** Keys of a workspace: of its storage account, its insights, and of the notebooks that it would have. */
export function addWorkspaceKeyRoutes(service: FastifyInstance, context: ArmContext): void {
  const { resources, blobs } = context;
  /** There is no notebook server: its keys are kept, so that they are the same each time, and open nothing. */
  const notebooks = async (workspace: WorkspaceRecord) => {
    const id = `${workspaceResourceId(workspace)}/notebooks/default`;
    const kept = await resources.secrets(id);
    if (kept) return kept;
    const made = { primaryAccessKey: newSecret(), secondaryAccessKey: newSecret() };
    await resources.put(id, {}, 'Millrace', made);
    return made;
  };
  const notebookInfo = (workspace: WorkspaceRecord) => ({
    fqdn: `ml-${workspace.name.toLowerCase()}-${workspace.location}-${workspace.id}.${workspace.location}.notebooks.azure.net`,
    resourceId: workspace.id.replaceAll('-', ''),
    notebookPreparationError: null,
  });

  service.post(`${WORKSPACE}/listKeys`, async (request) => {
    const workspace = await workspaceOf(context, request);
    const insights = await resources.find(textField(workspace.properties, 'applicationInsights') ?? '');
    const instrumentation = textField(objectField(insights?.document, 'properties'), 'InstrumentationKey');
    return {
      userStorageKey: await blobs.accountKey(workspace.storageAccount),
      userStorageResourceId: storageAccountId(workspace),
      // The same by the name that newer clients read (client source).
      userStorageArmId: storageAccountId(workspace),
      ...(instrumentation === undefined ? {} : { appInsightsInstrumentationKey: instrumentation }),
      ...(isObject(workspace.properties['notebookInfo']) ? { notebookAccessKeys: await notebooks(workspace) } : {}),
    };
  });
  service.post(`${WORKSPACE}/listStorageAccountKeys`, async (request) => ({
    userStorageKey: await blobs.accountKey((await workspaceOf(context, request)).storageAccount),
  }));
  // Keys are read where they are kept whenever they are needed: there is nothing to bring up to date.
  service.post(`${WORKSPACE}/resyncKeys`, async (request, reply) => {
    await workspaceOf(context, request);
    return reply.code(200).send();
  });

  service.post(`${WORKSPACE}/prepareNotebook`, async (request) => {
    const workspace = await workspaceOf(context, request);
    await notebooks(workspace);
    const info = notebookInfo(workspace);
    await context.workspaces.put(workspace, { properties: { notebookInfo: info } });
    return info;
  });
  service.post(`${WORKSPACE}/listNotebookKeys`, async (request) => notebooks(await workspaceOf(context, request)));
  service.post(`${WORKSPACE}/listNotebookAccessToken`, async (request) => {
    const info = notebookInfo(await workspaceOf(context, request));
    return {
      notebookResourceId: info.resourceId,
      hostName: info.fqdn,
      publicDns: info.fqdn,
      accessToken: newSecret(),
      tokenType: 'Bearer',
      expiresIn: 28_800,
      refreshToken: newSecret(),
      scope: 'aznb_identity',
    };
  });
}
