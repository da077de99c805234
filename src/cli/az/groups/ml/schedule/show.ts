import type { Command } from '../../../command.ts';
import { openWorkspace } from '../workspace/scope.ts';
import { getSchedule, scheduleArguments } from './schedule-api.ts';
import { scheduleEntity } from './schedule-entity.ts';

export const command: Command = {
  name: 'ml schedule show',
  summary: 'Show details of a schedule.',
  arguments: scheduleArguments,
  async run(context, args) {
    return scheduleEntity(await getSchedule(await openWorkspace(context, args), args.need('name')));
  },
};
