import type { Command } from '../../../command.ts';
import { usageError } from '../../../errors.ts';
import { setArgument } from '../../../shared-arguments.ts';
import { withResourceGroups } from '../entity.ts';
import { openWorkspace, segment, workspaceArguments } from '../workspace/scope.ts';
import { getJob, JOB_API, jobNameArgument, showJob } from './job-api.ts';
import type { JobResource } from './job-entity.ts';

/** What of a job may change after its creation (documented), by YAML's names. */
const CHANGEABLE: Readonly<Record<string, string>> = {
  display_name: 'displayName',
  description: 'description',
  experiment_name: 'experimentName',
};

export const command: Command = {
  name: 'ml job update',
  summary: 'Update a job.',
  description: 'Of a job its display name, description, experiment name and tags can change.',
  arguments: [...workspaceArguments, jobNameArgument, { ...setArgument, required: true }],
  async run(context, args) {
    const workspace = await openWorkspace(context, args);
    const name = args.need('name');
    const job = await getJob(workspace, name);
    const changed: Record<string, unknown> = { ...job.properties };
    const tags: Record<string, unknown> = { ...(job.properties['tags'] as Record<string, unknown> | null) };
    for (const word of args.list('set') ?? []) {
      const at = word.indexOf('=');
      if (at < 1) throw usageError(`--set takes property.path=value, found '${word}'.`);
      const path = word.slice(0, at);
      const wire = CHANGEABLE[path];
      if (wire) changed[wire] = word.slice(at + 1);
      else if (path.startsWith('tags.')) tags[path.slice('tags.'.length)] = word.slice(at + 1);
      else
        throw usageError(`--set ${path}: of a job ${Object.keys(CHANGEABLE).join(', ')} and tags.<name> can change.`);
    }
    const updated = await workspace.arm.json<JobResource>({
      method: 'PUT',
      path: workspace.path(`/jobs/${segment(name)}`),
      apiVersion: JOB_API,
      body: { properties: { ...changed, tags } },
    });
    return withResourceGroups(await showJob(workspace, updated));
  },
};
