import type { FastifyInstance, FastifyRequest } from 'fastify';
import { invalid, notFound } from '../../../kernel/errors.ts';
import {
  type ArmContext,
  callerName,
  checkCaller,
  checkName,
  parameter,
  WORKSPACE,
  workspaceOf,
} from '../../arm/context.ts';
import { checkWritable, REGISTRY, writableRegistryOf } from '../../arm/registry-of.ts';
import type { Registry } from '../../registries.ts';
import { shareAsset } from '../../share-asset.ts';
import type { Workspace } from '../../types.ts';
import type { AssetKind } from '../../versions.ts';
import { objectField, textField } from '../../wire-fields.ts';

const KINDS: readonly AssetKind[] = ['codes', 'components', 'data', 'environments', 'models'];
const SOURCE =
  /^azureml:\/\/locations\/[^/]+\/workspaces\/([^/]+)\/(codes|components|data|environments|models)\/([^/]+)\/versions\/([^/]+)$/i;

/** Assets of workspaces copied to registries: asked of the workspace (`publish`), or of the registry (`import`). */
export function addSharingRoutes(service: FastifyInstance, context: ArmContext): void {
  const share = (
    request: FastifyRequest,
    source: { workspace: Workspace; kind: AssetKind; name: string; version: string },
    registry: Registry,
    destination: unknown,
  ) =>
    shareAsset(context, {
      ...source,
      registry,
      by: callerName(request.principal),
      destination: {
        name: checkName('asset', textField(destination, 'destinationName') || source.name),
        version: checkName("asset's version", textField(destination, 'destinationVersion') || source.version),
      },
    });

  service.post(`${WORKSPACE}/:kind/:name/versions/:version/publish`, async (request, reply) => {
    const wanted = parameter(request, 'kind').toLowerCase();
    const kind = KINDS.find((one) => one === wanted);
    if (!kind) {
      reply.callNotFound();
      return reply;
    }
    const workspace = await workspaceOf(context, request);
    const name = textField(request.body, 'registryName') ?? '';
    const registry = await context.registries.byName(name);
    if (!registry)
      throw notFound(`There is no registry '${name.slice(0, 80)}'.`, { wire: 'UserError', target: 'registryName' });
    checkWritable(registry);
    const [asset, version] = [parameter(request, 'name'), parameter(request, 'version')];
    await share(request, { workspace, kind, name: asset, version }, registry, request.body);
    return reply.code(200).send();
  });

  service.post(`${REGISTRY}/import`, async (request, reply) => {
    const registry = await writableRegistryOf(context, request);
    const asked = objectField(request.body, 'properties');
    const id = textField(asked, 'sourceAssetId') ?? '';
    const [, workspaceId = '', word = '', name = '', version = ''] = SOURCE.exec(id) ?? [];
    const workspace = await context.workspaces.byId(workspaceId);
    if (!workspace)
      throw invalid(`'sourceAssetId' names no asset of a workspace here: '${id.slice(0, 200)}'.`, {
        target: 'sourceAssetId',
        wire: 'UserError',
      });
    checkCaller(request.principal, workspace.id);
    const kind = word.toLowerCase() as AssetKind;
    await share(request, { workspace, kind, name, version }, registry, asked);
    // At a body clients would go on to upload the asset themselves (client source).
    return reply.code(200).send();
  });
}
