import type { FastifyInstance } from 'fastify';
import type { ArmContext } from '../../arm/context.ts';
import { addContainerRoutes } from './container-routes.ts';
import { KINDS } from './kinds.ts';
import { HOMES } from './scopes.ts';
import { addUploadRoutes } from './upload-routes.ts';
import { addVersionRoutes } from './version-routes.ts';

/** Codes, components, environments, data and models: containers, versions and uploads by one machinery. */
export function addAssetRoutes(service: FastifyInstance, context: ArmContext): void {
  for (const home of HOMES)
    for (const kind of KINDS) {
      addContainerRoutes(service, context, home, kind);
      addVersionRoutes(service, context, home, kind);
      if (kind.uploads === 'everywhere') addUploadRoutes(service, context, home, kind);
    }
}
