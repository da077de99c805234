import { flag, UsageError, value } from '../../arguments.ts';
import { listBuilds } from '../../client/runs.ts';
import type { Build } from '../../client/wire.ts';
import type { CommandDefinition } from '../../command.ts';
import { exitCode } from '../../exit-code.ts';
import { elapsed, formatDuration } from '../../view/duration.ts';
import { plainText, textWidth } from '../../view/text-width.ts';
import { withServer } from '../../with-server.ts';

export const list: CommandDefinition = {
  name: 'runs list',
  summary: 'List runs',
  options: [
    { name: 'top', short: 'n', value: 'COUNT', summary: 'how many of the newest; 20 when not given' },
    { name: 'json', summary: 'print JSON' },
  ],
  examples: [{ line: 'millrace runs list -n 5', says: 'the five newest runs' }],
  async run(parsed, io) {
    const top = Number(value(parsed, 'top') ?? 20);
    if (!Number.isInteger(top) || top < 1 || top > 5000) {
      throw new UsageError(`--top must be a number from 1 to 5000, not '${value(parsed, 'top')}'`, 'runs list');
    }
    return await withServer(io, async (client) => {
      const builds = await listBuilds(client, top);
      if (flag(parsed, 'json')) {
        const rows = builds.map(
          ({ id, buildNumber, definition, status, result, queueTime, startTime, finishTime }) => ({
            id,
            name: buildNumber,
            pipeline: definition?.name ?? null,
            status,
            result: result ?? null,
            queueTime: queueTime ?? null,
            startTime: startTime ?? null,
            finishTime: finishTime ?? null,
          }),
        );
        io.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
      } else if (builds.length === 0) {
        io.stderr.write('There are no runs yet. Make one: millrace run\n');
      } else {
        io.stdout.write(table([['RUN', 'NUMBER', 'PIPELINE', 'STATE', 'QUEUED', 'TIME'], ...builds.map(row)]));
      }
      return exitCode.succeeded;
    });
  },
};

function row(build: Build): string[] {
  const time = build.finishTime ? elapsed(build, 0) : undefined;
  return [
    String(build.id),
    plainText(build.buildNumber),
    plainText(build.definition?.name ?? ''),
    build.status === 'completed' ? (build.result ?? 'completed') : build.status,
    (build.queueTime ?? '').slice(0, 19).replace('T', ' '),
    time === undefined ? '' : formatDuration(time),
  ];
}

/** Columns padded to their widest cell. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((cells) => textWidth(cells[column] ?? ''))));
  return rows
    .map((cells) => cells.map((cell, at) => cell + ' '.repeat((widths[at] ?? 0) - textWidth(cell))).join('  '))
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}
