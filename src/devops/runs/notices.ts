import type { VariableValue } from '../../contracts/agent.ts';
import { guidOf } from '../../kernel/ids.ts';
import { expandVariables } from '../../language/expressions/index.ts';
import type { DevopsDeps } from '../deps.ts';
import { createMasker } from './masking.ts';
import { readRecords, runTopic, writeRecords } from './timeline.ts';

/**
 * Says in a run's timeline what was made because one of its jobs named it: a record of type `Millrace.Notice` below the step that the job
 * runs now, else below the job. The same line of the same job is written once.
 * @param variables the job's, for its secrets: names of resources may hold them
 */
export async function writeNotice(
  deps: Pick<DevopsDeps, 'store' | 'vault' | 'clock' | 'events'>,
  run: { readonly runId: number; readonly planId: string },
  jobId: string,
  line: string,
  variables: Readonly<Record<string, VariableValue>>,
): Promise<void> {
  const at = deps.clock.now().toISOString();
  const secrets = Object.values(expandVariables(variables)).flatMap((variable) =>
    variable.isSecret && variable.value ? [variable.value] : [],
  );
  await deps.store.write(async (writer) => {
    const records = await readRecords(writer, deps.vault, run.planId);
    const step = records.find((one) => one.parentId === jobId && one.type === 'Task' && one.state === 'inProgress');
    await writeRecords(writer, deps.vault, run.planId, at, [
      {
        id: guidOf(`${jobId}/${line}`),
        parentId: step?.id ?? jobId,
        type: 'Millrace.Notice',
        name: createMasker(secrets).mask(line),
        state: 'completed',
        result: 'succeeded',
        startTime: at,
        finishTime: at,
      },
    ]);
  });
  deps.events.publish(runTopic(run.runId));
}
