import type { StoredResource } from '../stored-resources.ts';
import { systemData } from './context.ts';

/** What every stored resource shows beside its own fields. @param type `Microsoft.MachineLearningServices/workspaces/connections` */
export function resourceFrame(resource: StoredResource, type: string) {
  return {
    id: resource.id,
    name: resource.id.slice(resource.id.lastIndexOf('/') + 1),
    type,
    systemData: systemData(resource.createdAt, resource.createdBy, resource.modifiedAt),
  };
}
