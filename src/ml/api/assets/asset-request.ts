import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type ArmContext, parameter, query } from '../../arm/context.ts';
import { type AssetReads, readAssets } from '../../curated-assets.ts';
import { KINDS, type Kind } from './kinds.ts';
import type { AssetHome, AssetScope } from './scopes.ts';

/** A request for an asset, or for those of a kind. */
export type AssetRequest = {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly home: AssetHome;
  readonly kind: Kind;
  readonly scope: AssetScope;
  /** What is there of the kind. */
  readonly assets: AssetReads;
  /** As the path names it; empty where it doesn't. */
  readonly name: string;
  readonly version: string;
};

/**
 * Whether a request for a registry's asset is of the clients that az's extension carries (up to azure-ai-ml 1.31): they take 202 alone as the answer to a
 * version that is put, and 201 alone for a container (client source).
 */
export const isOlderRegistryClient = (home: AssetHome, request: FastifyRequest): boolean =>
  home.kind === 'registries' && query(request, 'api-version') === '2021-10-01-dataplanepreview';

export type AssetRoutes = (
  method: 'GET' | 'PUT' | 'POST' | 'DELETE',
  /** Below the kind: `/:name/versions`. */
  path: string,
  answer: (asked: AssetRequest) => Promise<unknown>,
  /** Kinds that have the route; all of them unless it is given. */
  has?: (kind: Kind) => boolean,
) => void;

/** Adds routes for all kinds at once: a route for each costs as much at every start of the server as all of them do. */
export function assetRoutes(service: FastifyInstance, context: ArmContext, home: AssetHome): AssetRoutes {
  return (method, path, answer, has) =>
    service.route({
      method,
      url: `${home.path}/:kind${path}`,
      async handler(request, reply) {
        const wanted = parameter(request, 'kind').toLowerCase();
        const kind = KINDS.find((one) => one.kind === wanted);
        if (!kind || has?.(kind) === false) {
          reply.callNotFound();
          return reply;
        }
        const scope = await home.scopeOf(context, request);
        const assets = readAssets(context, scope.id, kind.kind, scope.curated);
        const [name, version] = [parameter(request, 'name'), parameter(request, 'version')];
        return answer({ request, reply, home, kind, scope, assets, name, version });
      },
    });
}
