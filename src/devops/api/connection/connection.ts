import type { FastifyInstance } from 'fastify';
import { COLLECTION_ID } from '../../runs/system-variables.ts';
import { list } from '../../wire/list.ts';
import type { ApiContext } from '../context.ts';
import { LOCATIONS } from './locations.ts';

/** Connection data, resource areas and the location list: what clients ask first. */
export function addConnectionRoutes(service: FastifyInstance, _context: ApiContext): void {
  service.get('/:organisation/_apis/connectionData', async (request) => {
    const name = request.principal.kind;
    const user = {
      id: COLLECTION_ID,
      descriptor: `Millrace;${name}`,
      subjectDescriptor: `millrace.${name}`,
      providerDisplayName: name,
      isActive: true,
      properties: { Account: { $type: 'System.String', $value: name } },
      resourceVersion: 2,
      metaTypeId: 0,
    };
    return {
      authenticatedUser: user,
      authorizedUser: user,
      instanceId: COLLECTION_ID,
      deploymentId: COLLECTION_ID,
      deploymentType: 'onPremises',
      locationServiceData: {
        serviceOwner: '00025394-6065-48ca-87d9-7f5672854ef7',
        defaultAccessMappingMoniker: 'PublicAccessMapping',
        lastChangeId: 1,
        lastChangeId64: 1,
      },
    };
  });
  // An empty list makes clients use the base address for every area (client source).
  service.get('/:organisation/_apis/resourceAreas', async () => list([]));
  service.get('/:organisation/_apis/resourceAreas/:area', async () => null);
  service.options('/:organisation/_apis', async () => list(LOCATIONS));
  service.options('/:organisation/_apis/:area', async (request) => {
    const { area } = request.params as { area: string };
    return list(LOCATIONS.filter((row) => row.area.toLowerCase() === area.toLowerCase()));
  });
}
