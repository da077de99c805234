import { commandError } from '../../../errors.ts';
import type { Workspace } from '../workspace/scope.ts';

/** A run's details as the history service tells them: the members that are read here. */
export type RunDetails = {
  readonly runId: string;
  readonly status: string;
  readonly error?: unknown;
  readonly warnings?: readonly { readonly source?: string; readonly message?: string }[] | null;
  /** Log files' addresses, by their relative path. */
  readonly logFiles?: Readonly<Record<string, string>> | null;
};

/** The address of the workspace's data plane, from its discovery document. */
export async function dataPlane(workspace: Workspace): Promise<string> {
  const { properties } = await workspace.resource();
  const url = properties['discoveryUrl'];
  if (typeof url !== 'string') throw commandError(`The workspace ${workspace.name} has no discovery address.`);
  const response = await workspace.arm.http.request({ url });
  const services = JSON.parse(response.body.toString('utf8') || '{}') as { api?: string };
  if (response.status >= 300 || !services.api)
    throw commandError(`${url} answered ${response.status} without an address of the service.`);
  return services.api.replace(/\/+$/, '');
}

/** The history service's path of the workspace. */
export async function historyBase(workspace: Workspace): Promise<string> {
  return `${await dataPlane(workspace)}/history/v1.0${workspace.id}`;
}
