import { join } from 'node:path';
import type { TaskContext, TaskResult } from '../../src/contracts/task.ts';

/**
 * Downloads artifacts. A named one goes straight into the folder, and must exist; without a name every artifact gets a folder of its own,
 * and the patterns begin with the artifact's name (documented).
 */
export async function run(context: TaskContext): Promise<TaskResult> {
  let runId: number | undefined;
  if (context.input('source').toLowerCase() === 'specific') {
    if (context.input('runVersion').toLowerCase() !== 'specific') {
      throw new Error(
        'not implemented: DownloadPipelineArtifact from the latest run of a pipeline. Name the run: runVersion: specific and runId.',
      );
    }
    runId = Number(context.requiredInput('runId'));
    if (!Number.isInteger(runId))
      throw new Error(`The input runId is '${context.input('runId')}', which is no run's number.`);
  }
  const folder = context.requiredInput('path');
  const patterns = context.linesInput('patterns');
  const name = context.input('artifact');
  const all = await context.server.listArtifacts(runId);
  if (name !== '') {
    if (!all.some((one) => one.name.toLowerCase() === name.toLowerCase())) {
      const known = all.map((one) => one.name).join(', ') || 'none';
      return { result: 'failed', message: `The run has no artifact '${name}'. It has: ${known}.` };
    }
    const got = await context.server.downloadArtifact(name, folder, patterns, runId);
    context.print(`Downloaded the artifact '${name}' to ${folder}: ${got.files} file(s), ${got.bytes} bytes.`);
  } else {
    for (const one of all) {
      const got = await context.server.downloadArtifact(
        one.name,
        join(folder, one.name),
        ofArtifact(patterns, one.name),
        runId,
      );
      context.print(
        `Downloaded the artifact '${one.name}' to ${join(folder, one.name)}: ${got.files} file(s), ${got.bytes} bytes.`,
      );
    }
  }
  context.setVariable('BuildNumber', String(runId ?? context.variable('Build.BuildId') ?? ''), { output: true });
  return { result: 'succeeded' };
}

/** Patterns over all artifacts, seen from inside one: its own name is taken off; `**` and `*` at the front stand for any. */
function ofArtifact(patterns: readonly string[], name: string): string[] {
  return patterns.flatMap((line) => {
    const mark = line.startsWith('!') ? '!' : '';
    const pattern = line.slice(mark.length);
    if (pattern.startsWith('**')) return [line];
    const slash = pattern.indexOf('/');
    const first = slash < 0 ? pattern : pattern.slice(0, slash);
    if (first !== '*' && first.toLowerCase() !== name.toLowerCase()) return ['#'];
    return [`${mark}${slash < 0 ? '**' : pattern.slice(slash + 1)}`];
  });
}
