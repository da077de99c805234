import type { FastifyRequest } from 'fastify';
import { notFound } from '../../kernel/errors.ts';
import { type ComputeRecord, localCluster } from '../compute/computes.ts';
import type { Workspace } from '../types.ts';
import { type ArmContext, checkName } from './context.ts';

/** What the service says of a compute that isn't there. */
export function computeNotFound(workspace: Workspace, name: string) {
  return notFound(
    `Compute not found: there is no compute '${name}' in workspace ${workspace.name}. Create it: az ml compute create --name ${name} --type amlcompute.`,
    { wire: 'ComputeNotFound' },
  );
}

/**
 * The compute that a request names; where local mode may, a missing cluster is made, and said.
 * @throws not-found for anyone else
 */
export async function provideCompute(
  context: ArmContext,
  request: FastifyRequest,
  workspace: Workspace,
  name: string,
): Promise<ComputeRecord> {
  const found = await context.computes.find(workspace.id, name);
  if (found) return found;
  if (!context.provision.may(request)) throw computeNotFound(workspace, name);
  const made = await context.computes.put(workspace.id, checkName('compute', name), localCluster(context.slots));
  if (made.created)
    await context.provision.said(`created compute cluster ${name} in workspace ${workspace.name}`, request);
  return made.compute;
}
