import type { TimelineRecordUpdate, TimelineResult, TimelineState } from '../../contracts/agent.ts';
import { parseTaskResult } from '../results.ts';
import { type Command, required } from './command.ts';

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const states: Readonly<Record<string, TimelineState>> = {
  unknown: 'pending',
  initialized: 'pending',
  inprogress: 'inProgress',
  completed: 'completed',
};

/** Makes or updates a timeline record below the step. */
export const taskLogDetail: Command = {
  area: 'task',
  event: 'logdetail',
  inRestrictedMode: true,
  run(context, properties, data) {
    const written = required(taskLogDetail, properties, 'id');
    const id = written.toLowerCase();
    const parent = properties['parentid']?.toLowerCase() ?? context.step.id;
    for (const one of [written, properties['parentid'] ?? parent]) {
      if (!guid.test(one)) throw new Error(`The id '${one}' of ##vso[task.logdetail] is not a GUID.`);
    }
    const { type, name, order, starttime, finishtime, progress } = properties;
    const state = properties['state'] === undefined ? undefined : states[properties['state'].toLowerCase()];
    const result: TimelineResult | undefined =
      properties['result'] === undefined ? undefined : parseTaskResult(properties['result']);
    const percent = progress === undefined ? Number.NaN : Number.parseInt(progress, 10);
    const update: TimelineRecordUpdate = {
      id,
      parentId: parent,
      ...(type ? { type } : {}),
      ...(name ? { name } : {}),
      ...(order && Number.isInteger(Number(order)) ? { order: Number(order) } : {}),
      ...(isTime(starttime) ? { startTime: new Date(starttime).toISOString() } : {}),
      ...(isTime(finishtime) ? { finishTime: new Date(finishtime).toISOString() } : {}),
      ...(percent >= 0 && percent <= 100 ? { percentComplete: percent } : {}),
      ...(state ? { state } : {}),
      ...(result ? { result, state: 'completed' as const } : {}),
      ...(data ? { currentOperation: data } : {}),
    };
    context.record(update);
  },
};

function isTime(text: string | undefined): text is string {
  return text !== undefined && !Number.isNaN(Date.parse(text));
}
