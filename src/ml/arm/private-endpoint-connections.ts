import { isObject, type Json } from '../wire-fields.ts';
import type { WorkspaceRecord } from '../workspaces.ts';

/** The private endpoint connections that a workspace keeps, each as it is shown. */
export function privateEndpointConnectionsOf(workspace: WorkspaceRecord): readonly Json[] {
  const kept = workspace.properties['privateEndpointConnections'];
  return Array.isArray(kept) ? kept.filter(isObject) : [];
}
