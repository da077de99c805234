import type { Command } from '../../../command.ts';
import { usageError } from '../../../errors.ts';
import { maxResults, maxResultsArgument } from '../list-arguments.ts';
import { openWorkspace, workspaceArguments } from '../workspace/scope.ts';
import { SCHEDULE_API } from './schedule-api.ts';
import { type ScheduleResource, scheduleEntity } from './schedule-entity.ts';

export const command: Command = {
  name: 'ml schedule list',
  summary: 'List the schedules in a workspace.',
  arguments: [
    ...workspaceArguments,
    maxResultsArgument,
    {
      name: 'include_disabled',
      options: ['--include-disabled'],
      kind: 'flag',
      help: 'List disabled schedules and enabled schedules.',
    },
    { name: 'disabled_only', options: ['--disabled-only'], kind: 'flag', help: 'List disabled schedules only.' },
  ],
  table: (result) =>
    (result as Record<string, unknown>[]).map((schedule) => ({
      name: schedule['name'],
      description: schedule['description'] ?? null,
      is_enabled: schedule['is_enabled'],
      provisioning_state: schedule['provisioning_state'],
    })),
  async run(context, args) {
    const [all, disabled] = [args.flag('include_disabled'), args.flag('disabled_only')];
    if (all && disabled) throw usageError('Cannot provide both disabled-only and include-disabled.');
    const { arm, path } = await openWorkspace(context, args);
    const request = {
      path: path('/schedules'),
      apiVersion: SCHEDULE_API,
      query: { listViewType: all ? 'All' : disabled ? 'DisabledOnly' : 'EnabledOnly' },
    };
    return (await arm.list<ScheduleResource>(request, maxResults(args))).map(scheduleEntity);
  },
};
