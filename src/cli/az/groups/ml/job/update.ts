import { isDeepStrictEqual } from 'node:util';
import type { Command } from '../../../command.ts';
import { commandError } from '../../../errors.ts';
import { withResourceGroups } from '../entity.ts';
import { applyUpdates, textMembers, updateArguments } from '../load/generic-update.ts';
import { openWorkspace, segment, workspaceArguments } from '../workspace/scope.ts';
import { getJob, JOB_API, jobNameArgument, showJob, webArgument, webLink } from './job-api.ts';
import { isVisibleTag, type JobResource } from './job-entity.ts';

/** What of a job may change after its creation (documented), by YAML's names. */
const CHANGEABLE: Readonly<Record<string, string>> = {
  display_name: 'displayName',
  description: 'description',
  experiment_name: 'experimentName',
  tags: 'tags',
  properties: 'properties',
};

export const command: Command = {
  name: 'ml job update',
  summary: 'Update a job.',
  description: 'Of a job its display name, description, experiment name, tags and properties can change.',
  arguments: [...workspaceArguments, jobNameArgument, webArgument, ...updateArguments],
  examples: [
    {
      text: 'Name a job and tag it',
      command:
        'az ml job update --name my-job-id --set display_name="Second try" tags.kept=yes --resource-group my-resource-group --workspace-name my-workspace',
    },
  ],
  async run(context, args) {
    const workspace = await openWorkspace(context, args);
    const name = args.need('name');
    const job = await getJob(workspace, name);
    const before = await showJob(workspace, job);
    const after = applyUpdates(before, args);
    const properties: Record<string, unknown> = { ...job.properties };
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      if (isDeepStrictEqual(before[key], after[key])) continue;
      const wire = CHANGEABLE[key];
      if (!wire)
        throw commandError(
          `${key}: of a job ${Object.keys(CHANGEABLE).join(', ')} can change; create a new one for the rest.`,
        );
      properties[wire] = key === 'tags' || key === 'properties' ? textMembers(after[key], key) : (after[key] ?? null);
    }
    // Tags that are not shown stay.
    const hidden = Object.entries((job.properties['tags'] ?? {}) as Record<string, unknown>).filter(
      ([tag]) => !isVisibleTag(tag),
    );
    const updated = await workspace.arm.json<JobResource>({
      method: 'PUT',
      path: workspace.path(`/jobs/${segment(name)}`),
      apiVersion: JOB_API,
      body: {
        properties: {
          ...properties,
          tags: { ...Object.fromEntries(hidden), ...(properties['tags'] as object | null) },
        },
      },
    });
    const entity = await showJob(workspace, updated);
    if (args.flag('web')) webLink(context, entity);
    return withResourceGroups(entity);
  },
};
