import type { Command } from '../../../command.ts';
import { noWaitArgument } from '../../../shared-arguments.ts';
import { openWorkspace } from '../workspace/scope.ts';
import { SCHEDULE_API, scheduleArguments, schedulePath } from './schedule-api.ts';

export const command: Command = {
  name: 'ml schedule delete',
  summary: 'Delete a schedule. The previously triggered jobs will NOT be deleted.',
  arguments: [...scheduleArguments, noWaitArgument],
  async run(context, args) {
    const workspace = await openWorkspace(context, args);
    const path = schedulePath(workspace, args.need('name'));
    await workspace.arm.operate({ method: 'DELETE', path, apiVersion: SCHEDULE_API }, !args.flag('no_wait'));
    return undefined;
  },
};
