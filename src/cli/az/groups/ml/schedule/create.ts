import type { Command } from '../../../command.ts';
import { fileArgument, nameArgument, noWaitArgument, setArgument } from '../../../shared-arguments.ts';
import { readAssetSource, requireName } from '../asset/asset-file.ts';
import { gitProperties } from '../job/git-properties.ts';
import { startSubmission } from '../job/submission.ts';
import { openWorkspace, workspaceArguments } from '../workspace/scope.ts';
import { putSchedule } from './schedule-api.ts';
import { SCHEDULE_SHAPE, scheduleToWire } from './schedule-file.ts';

export const command: Command = {
  name: 'ml schedule create',
  summary: 'Create a schedule.',
  arguments: [
    ...workspaceArguments,
    { ...fileArgument('Azure ML schedule'), required: true },
    nameArgument('schedule', false),
    setArgument,
    noWaitArgument,
  ],
  examples: [
    {
      text: 'Create a schedule from a YAML specification file',
      command: 'az ml schedule create --file schedule.yml -g my-resource-group -w my-workspace',
    },
  ],
  async run(context, args) {
    const { cwd, env } = context.io;
    const source = readAssetSource(args, cwd, 'schedule', SCHEDULE_SHAPE, {});
    const name = requireName(source, 'schedule');
    const workspace = await openWorkspace(context, args);
    const about = { name: undefined, properties: await gitProperties(cwd, env) };
    const properties = await scheduleToWire(startSubmission(workspace), source, about);
    return putSchedule(workspace, name, properties, !args.flag('no_wait'));
  },
};
