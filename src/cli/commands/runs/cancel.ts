import { cancelBuild, getBuild } from '../../client/runs.ts';
import type { CommandDefinition } from '../../command.ts';
import { exitCode } from '../../exit-code.ts';
import { runIdArgument } from '../../run-argument.ts';
import { withServer } from '../../with-server.ts';

export const cancel: CommandDefinition = {
  name: 'runs cancel',
  summary: 'Cancel a run',
  description: 'Steps that run get time to end; steps and jobs with condition always() still run.',
  positionals: [{ name: 'RUN', summary: "the run's number, as runs list shows it", required: true }],
  examples: [{ line: 'millrace runs cancel 3', says: 'asks for the end of run 3' }],
  async run(parsed, io) {
    const id = runIdArgument(parsed.positionals[0], 'runs cancel');
    return await withServer(io, async (client) => {
      const build = await getBuild(client, id);
      if (build.status === 'completed') {
        io.stderr.write(`Run ${id} is over already: ${build.result ?? 'completed'}.\n`);
        return exitCode.failed;
      }
      await cancelBuild(client, id);
      io.stderr.write(`Run ${id} is being canceled. See: millrace runs show ${id}\n`);
      return exitCode.succeeded;
    });
  },
};
