import type { Command } from '../../../command.ts';
import { openWorkspace } from '../workspace/scope.ts';
import { scheduleArguments, schedulePath, TRIGGER_API } from './schedule-api.ts';

type Submitted = { readonly submissionId?: string; readonly scheduleActionType?: string };

export const command: Command = {
  name: 'ml schedule trigger',
  summary: 'Trigger a schedule once.',
  arguments: scheduleArguments,
  async run(context, args) {
    const workspace = await openWorkspace(context, args);
    const done = await workspace.arm.json<Submitted>({
      method: 'POST',
      path: `${schedulePath(workspace, args.need('name'))}/trigger`,
      apiVersion: TRIGGER_API,
      body: { scheduleTime: new Date().toISOString() },
    });
    return { job_name: done.submissionId ?? null, schedule_action_type: done.scheduleActionType ?? null };
  },
};
