import { invalid } from '../../../kernel/errors.ts';
import type { ServerTask } from '../../runs/server-task.ts';

const LONGEST_MINUTES = 30 * 24 * 60;

/** Delay@1: completes after the given minutes; the job's time limit still holds. */
export const delay: ServerTask = {
  manifest: {
    id: '28782b92-5e8e-4458-9751-a71cd1492bae',
    name: 'Delay',
    friendlyName: 'Delay',
    description: 'Holds the job up for a number of minutes.',
    author: 'Millrace',
    version: { Major: 1, Minor: 0, Patch: 0 },
    runsOn: ['Server'],
    instanceNameFormat: 'Delay by $(delayForMinutes) minutes',
    inputs: [
      { name: 'delayForMinutes', type: 'string', label: 'Delay time (minutes)', defaultValue: '0', required: true },
    ],
  },
  async start(context) {
    const text = context.input('delayForMinutes');
    const minutes = Number(text);
    if (text === '' || !(minutes >= 0) || minutes > LONGEST_MINUTES)
      throw invalid(`delayForMinutes is '${text}': give a number of minutes from 0 to ${LONGEST_MINUTES}.`);
    const until = new Date(context.now.getTime() + minutes * 60_000);
    context.print(`Waiting until ${until.toISOString()}.`);
    return minutes === 0
      ? { kind: 'done', result: 'succeeded' }
      : { kind: 'wait', memory: { until: until.toISOString() }, lookInMs: minutes * 60_000, endsByEvent: false };
  },
  async look(context, memory) {
    const { until } = memory as { until: string };
    const left = Date.parse(until) - context.now.getTime();
    return left <= 0
      ? { kind: 'done', result: 'succeeded' }
      : { kind: 'wait', memory, lookInMs: left, endsByEvent: false };
  },
  repeatable: () => true,
};
