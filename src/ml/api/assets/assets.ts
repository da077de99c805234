import type { FastifyInstance } from 'fastify';
import type { ArmContext } from '../../arm/context.ts';
import { assetRoutes } from './asset-request.ts';
import { addContainerRoutes } from './container-routes.ts';
import { HOMES } from './scopes.ts';
import { addUploadRoutes } from './upload-routes.ts';
import { addVersionRoutes } from './version-routes.ts';

/** Codes, components, environments, data and models of workspaces and registries: containers, versions and uploads by one machinery. */
export function addAssetRoutes(service: FastifyInstance, context: ArmContext): void {
  for (const home of HOMES) {
    const on = assetRoutes(service, context, home);
    addContainerRoutes(on, context);
    addVersionRoutes(on, context);
    addUploadRoutes(on, context, home);
  }
}
