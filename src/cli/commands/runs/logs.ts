import { notFound } from '../../../kernel/errors.ts';
import { flag, value } from '../../arguments.ts';
import { getLogLines, getTimeline } from '../../client/runs.ts';
import type { TimelineRecord } from '../../client/wire.ts';
import type { CommandDefinition } from '../../command.ts';
import { exitCode } from '../../exit-code.ts';
import { runIdArgument } from '../../run-argument.ts';
import { formatLogLine } from '../../view/log-line.ts';
import { byCodeUnit } from '../../view/order.ts';
import { namePaths, runNodes } from '../../view/run-nodes.ts';
import { createStyle, wantsColour } from '../../view/style.ts';
import { withServer } from '../../with-server.ts';

export const logs: CommandDefinition = {
  name: 'runs logs',
  summary: "Print a run's logs",
  positionals: [{ name: 'RUN', summary: "the run's number, as runs list shows it", required: true }],
  options: [
    { name: 'step', value: 'NAME', summary: 'this step only: its display name or its reference name' },
    { name: 'job', value: 'NAME', summary: 'the steps of this job only' },
    { name: 'raw', summary: 'lines as stored, with their times' },
  ],
  examples: [
    { line: 'millrace runs logs 3', says: 'every step, one after the other' },
    { line: "millrace runs logs 3 --step 'Submit the job' --raw", says: 'one step, with times' },
  ],
  async run(parsed, io) {
    const id = runIdArgument(parsed.positionals[0], 'runs logs');
    const style = createStyle(wantsColour(io.stdout, io.env));
    await withServer(io, async (client) => {
      const records = (await getTimeline(client, id))?.records ?? [];
      const paths = namePaths(runNodes(records));
      const chosen = chooseSteps(records, value(parsed, 'job'), value(parsed, 'step'));
      for (const record of chosen) {
        if (chosen.length > 1) {
          const path = paths.get(record.id) ?? [record.name];
          io.stdout.write(`${style.bold(`=== ${path.join(' › ')} ===`)}\n`);
        }
        for (const line of await getLogLines(client, id, record.log?.id ?? 0)) {
          io.stdout.write(`${flag(parsed, 'raw') ? line : formatLogLine(line, style)}\n`);
        }
      }
    });
    return exitCode.succeeded;
  },
};

/** The steps with a log that the names pick, in the order in which they ran. @throws not-found that lists what is there */
function chooseSteps(
  records: readonly TimelineRecord[],
  job: string | undefined,
  step: string | undefined,
): readonly TimelineRecord[] {
  const byId = new Map(records.map((record) => [record.id, record]));
  const isNamed = (record: TimelineRecord, name: string) =>
    [record.name, record.refName, record.identifier].some((one) => one?.toLowerCase() === name.toLowerCase());
  const isBelow = (record: TimelineRecord, name: string) => {
    const seen = new Set<string>();
    for (let at = byId.get(record.parentId ?? ''); at && !seen.has(at.id); at = byId.get(at.parentId ?? '')) {
      seen.add(at.id);
      if ((at.type === 'Job' || at.type === 'Phase') && isNamed(at, name)) return true;
    }
    return false;
  };
  const steps = records
    .filter((record) => record.log && record.type !== 'Job' && record.type !== 'Phase' && record.type !== 'Stage')
    .sort((a, b) => byCodeUnit(a.startTime ?? '~', b.startTime ?? '~') || (a.order ?? 0) - (b.order ?? 0));
  const chosen = steps
    .filter((record) => job === undefined || isBelow(record, job))
    .filter((record) => step === undefined || isNamed(record, step));
  if (chosen.length === 0 && (job !== undefined || step !== undefined)) {
    const wanted = [job === undefined ? '' : `job '${job}'`, step === undefined ? '' : `step '${step}'`]
      .filter(Boolean)
      .join(', ');
    const there = steps.map((record) => `'${record.name}'`).join(', ');
    throw notFound(`No log of ${wanted}. Steps with a log: ${there || 'none yet'}.`);
  }
  return chosen;
}
