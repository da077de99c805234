import { flag } from '../../arguments.ts';
import { getBuild, getTimeline } from '../../client/runs.ts';
import type { CommandDefinition } from '../../command.ts';
import { exitCode } from '../../exit-code.ts';
import { runView } from '../../follow-run.ts';
import { runIdArgument } from '../../run-argument.ts';
import { runJson } from '../../run-json.ts';
import { renderTree } from '../../view/run-tree.ts';
import { wantsColour } from '../../view/style.ts';
import { withServer } from '../../with-server.ts';

export const show: CommandDefinition = {
  name: 'runs show',
  summary: "Show a run's stages, jobs and steps",
  positionals: [{ name: 'RUN', summary: "the run's number, as runs list shows it", required: true }],
  options: [{ name: 'json', summary: 'print JSON' }],
  examples: [{ line: 'millrace runs show 3', says: 'run 3 as it is now' }],
  async run(parsed, io) {
    const id = runIdArgument(parsed.positionals[0], 'runs show');
    return await withServer(io, async (client) => {
      const build = await getBuild(client, id);
      const records = (await getTimeline(client, id))?.records ?? [];
      if (flag(parsed, 'json')) {
        io.stdout.write(`${JSON.stringify(runJson(build, records), null, 2)}\n`);
        return exitCode.succeeded;
      }
      const lines = renderTree(runView(build, records), {
        columns: io.stdout.columns ?? 100,
        rows: Number.MAX_SAFE_INTEGER,
        now: Date.now(),
        colour: wantsColour(io.stdout, io.env),
      });
      io.stdout.write(`${lines.join('\n')}\n`);
      return exitCode.succeeded;
    });
  },
};
