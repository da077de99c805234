import type { FastifyRequest } from 'fastify';
import type { Principal } from '../../http/index.ts';
import { forbidden, notFound } from '../../kernel/errors.ts';
import { findProject, type Project } from '../projects.ts';
import type { Slice } from '../slice.ts';

/** Audiences of identity tokens that this service takes: its own application id. */
const AUDIENCE = /499b84ac-1321-427f-aa17-267ca6975798|dev\.azure\.com|visualstudio\.com/i;

const isUser = (principal: Principal) =>
  principal.kind === 'owner' || (principal.kind === 'identity' && AUDIENCE.test(principal.audience));

/** Only people and what speaks for them: no agents, no jobs. */
export function requireUser(request: FastifyRequest): void {
  if (!isUser(request.principal))
    throw forbidden('This request needs a user’s token; that of a job or an agent does not do.');
}

/** A user, or a job reading or writing its own run. */
export function requireRun(request: FastifyRequest, runId: number): void {
  const { principal } = request;
  if (isUser(principal) || (principal.kind === 'job' && principal.runId === runId)) return;
  throw forbidden(`The token does not give access to run ${runId}.`);
}

/** A user, or any job. */
export function requireViewer(request: FastifyRequest): void {
  if (!isUser(request.principal) && request.principal.kind !== 'job')
    throw forbidden('The token does not give access to runs; use that of a user or a job.');
}

/** A user, or a job of the plan. */
export function requirePlan(request: FastifyRequest, planId: string): void {
  const { principal } = request;
  if (isUser(principal) || (principal.kind === 'job' && principal.planId.toLowerCase() === planId.toLowerCase()))
    return;
  throw forbidden(`The token does not give access to plan ${planId}.`);
}

/** A user, or an agent of the pool. */
export function requirePool(request: FastifyRequest, poolId: number): void {
  const { principal } = request;
  if (isUser(principal) || (principal.kind === 'agent' && principal.poolId === poolId)) return;
  throw forbidden(`The token does not give access to agent pool ${poolId}.`);
}

/** The project that a route names by id or name. @throws not-found in the service's words (recorded prefix) */
export async function projectOf(slice: Slice, request: FastifyRequest): Promise<Project> {
  const { project } = request.params as { project: string };
  const found = await findProject(slice.deps.store.read, project);
  if (!found)
    throw notFound(
      `TF200016: The following project does not exist: ${project.slice(0, 200)}. Verify that the name of the project is correct and that the project exists on the specified Azure DevOps Server.`,
      { wire: 'ProjectDoesNotExistWithNameException' },
    );
  return found;
}
