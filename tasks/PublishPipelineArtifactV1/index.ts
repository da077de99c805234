import type { TaskContext, TaskResult } from '../../src/contracts/task.ts';

/** Publishes a file or a folder as a pipeline artifact; without a name, it is named after the job (documented). */
export async function run(context: TaskContext): Promise<TaskResult> {
  if (context.input('artifactType').toLowerCase() === 'filepath') {
    throw new Error(
      'not implemented: PublishPipelineArtifact with artifactType filepath. Publish to the run, or copy by a script.',
    );
  }
  const name = context.input('artifactName') || nameOfJob(context.variable('System.JobIdentifier') ?? '');
  const properties = customProperties(context.input('properties'));
  const path = context.requiredInput('path');
  const sent = await context.server.publishArtifact(name, path, properties);
  context.print(`Published '${path}' as the artifact '${name}': ${sent.files} file(s), ${sent.bytes} bytes.`);
  return { result: 'succeeded' };
}

/** The job's identifier without `.default` and without characters that a name can't hold (documented). */
function nameOfJob(identifier: string): string {
  return identifier.replace(/\.(__)?default$/i, '').replace(/[^A-Za-z0-9 .-]/g, '') || 'drop';
}

function customProperties(text: string): Record<string, string> {
  if (text === '') return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Error(
      `The input properties is not JSON: ${(cause as Error).message}. Write an object such as {"user-key": "value"}.`,
      { cause },
    );
  }
  const entries = Object.entries(value as object);
  const wrong = entries.find(([key, one]) => !key.startsWith('user-') || typeof one !== 'string');
  if (typeof value !== 'object' || Array.isArray(value) || wrong) {
    throw new Error('The input properties must be an object of texts, each key beginning with user-.');
  }
  return Object.fromEntries(entries) as Record<string, string>;
}
