import type { Argument, Command } from '../../../command.ts';
import { nameArgument, noWaitArgument } from '../../../shared-arguments.ts';
import { openWorkspace, segment, type Workspace, workspaceArguments } from '../workspace/scope.ts';
import { type ScheduleResource, scheduleEntity } from './schedule-entity.ts';

export const SCHEDULE_API = '2024-04-01';
/** The trigger of a schedule by hand is a preview's (client source). */
export const TRIGGER_API = '2024-01-01-preview';

/** What every command of one schedule takes. */
export const scheduleArguments: readonly Argument[] = [...workspaceArguments, nameArgument('schedule')];

export const schedulePath = (workspace: Workspace, name: string): string =>
  workspace.path(`/schedules/${segment(name)}`);

export function getSchedule(workspace: Workspace, name: string): Promise<ScheduleResource> {
  return workspace.arm.json<ScheduleResource>({ path: schedulePath(workspace, name), apiVersion: SCHEDULE_API });
}

/** Puts a schedule and waits for it unless told otherwise. @returns it as az prints it */
export async function putSchedule(
  workspace: Workspace,
  name: string,
  properties: Record<string, unknown>,
  wait: boolean,
): Promise<Record<string, unknown> | undefined> {
  const put = await workspace.arm.operate<ScheduleResource>(
    { method: 'PUT', path: schedulePath(workspace, name), apiVersion: SCHEDULE_API, body: { properties } },
    wait,
  );
  return put && scheduleEntity(put);
}

/** The command that turns a schedule on or off: as read, put back with the mark (client source). */
export function switchCommand(word: 'enable' | 'disable', summary: string): Command {
  return {
    name: `ml schedule ${word}`,
    summary,
    arguments: [...scheduleArguments, noWaitArgument],
    async run(context, args) {
      const workspace = await openWorkspace(context, args);
      const name = args.need('name');
      const { properties } = await getSchedule(workspace, name);
      return putSchedule(workspace, name, { ...properties, isEnabled: word === 'enable' }, !args.flag('no_wait'));
    },
  };
}
