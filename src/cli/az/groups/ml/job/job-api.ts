import type { Argument } from '../../../command.ts';
import { ARM_RESOURCE } from '../../../session.ts';
import { tokenClaims } from '../../../tokens.ts';
import { segment, type Workspace } from '../workspace/scope.ts';
import { type JobResource, jobEntity } from './job-entity.ts';

export const JOB_API = '2024-01-01-preview';

export const jobNameArgument: Argument = {
  name: 'name',
  options: ['--name', '-n'],
  kind: 'value',
  required: true,
  help: 'Name of the job.',
};

export const fileArgument: Argument = {
  name: 'file',
  options: ['--file', '-f'],
  kind: 'value',
  required: true,
  literal: true,
  help: 'Local path to the YAML file containing the Azure ML job specification.',
};

export const setArgument: Argument = {
  name: 'set',
  options: ['--set'],
  kind: 'pairs',
  literal: true,
  help: 'Update an object by specifying a property path and value to set. Example: --set property1.property2=value.',
};

/** Reads a job. */
export function getJob(workspace: Workspace, name: string): Promise<JobResource> {
  return workspace.arm.json<JobResource>({ path: workspace.path(`/jobs/${segment(name)}`), apiVersion: JOB_API });
}

/** A job as az prints it, the tenant of the user's token in its link. */
export async function showJob(workspace: Workspace, job: JobResource): Promise<Record<string, unknown>> {
  return jobEntity(job, await tenantOf(workspace));
}

export async function tenantOf(workspace: Workspace): Promise<string> {
  const { session } = workspace.arm;
  const token = await session.token(ARM_RESOURCE);
  return String(tokenClaims(token.accessToken)['tid'] ?? session.subscription.tenantId);
}
