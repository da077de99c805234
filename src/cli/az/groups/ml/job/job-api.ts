import type { Argument, Context } from '../../../command.ts';
import { ARM_RESOURCE } from '../../../session.ts';
import { fileArgument, nameArgument } from '../../../shared-arguments.ts';
import { tokenClaims } from '../../../tokens.ts';
import { segment, type Workspace } from '../workspace/scope.ts';
import { type JobResource, jobEntity } from './job-entity.ts';

export const JOB_API = '2024-01-01-preview';

export const jobNameArgument: Argument = nameArgument('job');

export const jobFileArgument: Argument = { ...fileArgument('Azure ML job'), required: true };

export const webArgument: Argument = {
  name: 'web',
  options: ['--web', '-e'],
  kind: 'flag',
  help: "Show the job's run details in a web browser.",
};

/** Says where a shown job's details are. */
export function webLink(context: Context, entity: Record<string, unknown>): void {
  const services = entity['services'] as { Studio?: { endpoint?: string } } | undefined;
  context.warn(`Open ${services?.Studio?.endpoint ?? 'the job, which has no link,'} in a browser.`);
}

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
