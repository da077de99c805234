import { flag } from '../arguments.ts';
import type { CommandDefinition } from '../command.ts';
import { exitCode } from '../exit-code.ts';
import { findPipelineFile } from '../pipeline-file.ts';
import { runPipeline } from '../run-pipeline.ts';
import { localRunRequest, runOptions } from './run.ts';

export const demo: CommandDefinition = {
  name: 'demo',
  summary: "Run the sample project's pipeline",
  description:
    'The sample submits a machine learning job from a pipeline and waits for it. The first run builds the Python environment that the\njob names; later ones reuse it.',
  ...(runOptions ? { options: runOptions } : {}),
  examples: [{ line: 'millrace demo', says: 'a first look, in a minute' }],
  async run(parsed, io) {
    const sample = io.host.sampleDirectory;
    if (sample === undefined) {
      io.stderr.write(
        'The sample project is not part of this installation. In a clone of the repository: npm run demo\n',
      );
      return exitCode.failed;
    }
    const pipeline = findPipelineFile(sample, undefined, 'demo');
    io.stderr.write(`Running ${pipeline.path}\n`);
    return await runPipeline(io, {
      request: localRunRequest(pipeline, parsed, io),
      json: flag(parsed, 'json'),
      next: () => `Try next: cd ${sample} && edit azure-pipelines.yml, then millrace run · README.md there says more`,
    });
  },
};
