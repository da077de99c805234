import { isAbsolute, join } from 'node:path';
import type { TaskContext, TaskResult } from '../../src/contracts/task.ts';

/**
 * A `download` step: artifacts of this run go to `$(Pipeline.Workspace)/{artifact}`, to `path` itself when it is
 * written and one artifact is named.
 */
export async function run(context: TaskContext): Promise<TaskResult> {
  const alias = context.input('alias') || 'current';
  if (alias === 'none') return { result: 'succeeded' };
  if (alias !== 'current') {
    throw new Error(
      `not implemented: downloading from the pipeline resource '${alias}'. Artifacts of the run itself: download: current.`,
    );
  }
  const workspace = context.variable('Pipeline.Workspace') ?? '';
  const path = context.input('path');
  const root = path === '' ? workspace : isAbsolute(path) ? path : join(workspace, path);
  const name = context.input('artifact');
  const all = await context.server.listArtifacts();
  if (name !== '' && !all.some((one) => one.name.toLowerCase() === name.toLowerCase())) {
    const known = all.map((one) => one.name).join(', ') || 'none';
    return { result: 'failed', message: `The run has no artifact '${name}'. It has: ${known}.` };
  }
  for (const artifact of name === '' ? all.map((one) => one.name) : [name]) {
    const folder = path !== '' && name !== '' ? root : join(root, artifact);
    const got = await context.server.downloadArtifact(artifact, folder, context.linesInput('patterns'));
    context.print(`Downloaded the artifact '${artifact}' to ${folder}: ${got.files} file(s), ${got.bytes} bytes.`);
  }
  return { result: 'succeeded' };
}
