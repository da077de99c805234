import type { FastifyInstance, FastifyRequest } from 'fastify';
import { invalid, notFound } from '../../../kernel/errors.ts';
import { newGuid } from '../../../kernel/ids.ts';
import {
  type ArmContext,
  callerName,
  checkName,
  PROVIDER,
  page,
  parameter,
  query,
  systemData,
  WORKSPACE,
  workspaceOf,
} from '../../arm/context.ts';
import { blobUrl, workspaceResourceId } from '../../places.ts';
import type { Workspace } from '../../types.ts';
import { type AssetVersion, assetOf } from '../../versions.ts';
import { objectField, textField } from '../../wire-fields.ts';

const VERSIONS = `${WORKSPACE}/codes/:name/versions`;
const UPLOAD_HOURS = 24;

/** Code snapshots: found by their content's hash, uploaded into a container of their own, then registered. */
export function addCodeRoutes(service: FastifyInstance, context: ArmContext): void {
  const wire = (workspace: Workspace, code: AssetVersion, createdBy = 'millrace') => ({
    id: `${workspaceResourceId(workspace)}/codes/${code.name}/versions/${code.version}`,
    name: code.version,
    type: `${PROVIDER}/workspaces/codes/versions`,
    systemData: systemData(code.createdAt, createdBy, code.modifiedAt),
    properties: {
      description: null,
      tags: {},
      isArchived: false,
      ...code.properties,
      isAnonymous: false,
      provisioningState: 'Succeeded',
    },
  });
  const place = async (request: FastifyRequest) => ({
    workspace: await workspaceOf(context, request),
    name: checkName('code', parameter(request, 'name')),
    version: parameter(request, 'version'),
  });

  service.get(VERSIONS, async (request) => {
    const { workspace, name } = await place(request);
    const hash = query(request, 'hash');
    let rows = context.store.read
      .selectFrom('ml_versions')
      .select(['name', 'version', 'document'])
      .where('workspace_id', '=', workspace.id)
      .where('kind', '=', 'codes')
      .orderBy('sequence', 'desc');
    // A hash is looked for among all names: the same content was uploaded once (recorded).
    rows = hash === undefined ? rows.where('name', '=', name) : rows.where('content_hash', '=', hash);
    return page(
      request,
      (await rows.limit(1000).execute()).map((row) => wire(workspace, assetOf(row))),
    );
  });
  service.post(`${VERSIONS}/:version/startPendingUpload`, async (request) => {
    const { workspace } = await place(request);
    const container = `${workspace.id.slice(0, 10).replace(/-$/, '0')}-${newGuid()}`;
    const expiry = new Date(context.clock.now().getTime() + UPLOAD_HOURS * 3600_000);
    const account = workspace.storageAccount;
    const sas = await context.blobs.signContainerSas({ account, container, permissions: 'racwl', expiry });
    const url = blobUrl(account, container);
    return {
      pendingUploadId: newGuid(),
      pendingUploadType: 'TemporaryBlobReference',
      blobReferenceForConsumption: {
        blobUri: url,
        storageAccountArmId: `/subscriptions/${workspace.subscriptionId}/resourceGroups/${workspace.resourceGroup}/providers/Microsoft.Storage/storageAccounts/${account}`,
        credential: { credentialType: 'SAS', sasUri: `${url}?${sas}` },
      },
    };
  });
  service.get(`${VERSIONS}/:version`, async (request) => {
    const { workspace, name, version } = await place(request);
    const found = await context.versions.find(workspace.id, 'codes', name, version);
    if (!found)
      throw notFound(`There is no code '${name}:${version}' in workspace ${workspace.name}.`, {
        wire: 'UserError',
        details: ['NotFound'],
      });
    return wire(workspace, found);
  });
  service.put(`${VERSIONS}/:version`, async (request, reply) => {
    const { workspace, name, version } = await place(request);
    const properties = objectField(request.body, 'properties');
    const codeUri = textField(properties, 'codeUri');
    if (!codeUri) throw invalid("A code version needs 'codeUri'.", { target: 'codeUri' });
    const existing = await context.versions.find(workspace.id, 'codes', name, version);
    // The exact words make clients say what to do about it (client source).
    if (existing && existing.properties['codeUri'] !== codeUri)
      throw invalid('Asset paths cannot be updated.', { wire: 'UserError' });
    const hash = textField(objectField(properties, 'properties'), 'hash_sha256');
    const { asset, created } = await context.versions.put(workspace.id, 'codes', {
      name,
      version,
      properties: { ...properties, codeUri },
      ...(hash === undefined ? {} : { contentHash: hash }),
    });
    reply.code(created ? 201 : 200);
    return wire(workspace, asset, callerName(request.principal));
  });
}
