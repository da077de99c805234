import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command, Context } from '../../../command.ts';
import { commandError } from '../../../errors.ts';
import { setArgument } from '../../../shared-arguments.ts';
import { withResourceGroups } from '../entity.ts';
import { describeProblems, describeRemark } from '../load/fields.ts';
import { pythonText } from '../load/yaml-value.ts';
import { openWorkspace, segment, type Workspace, workspaceArguments } from '../workspace/scope.ts';
import { gitProperties } from './git-properties.ts';
import { JOB_API, jobFileArgument, jobNameArgument, showJob, webArgument, webLink } from './job-api.ts';
import { createdJob } from './job-body.ts';
import type { JobResource } from './job-entity.ts';
import { readJobFile } from './job-file.ts';
import { experimentOf, newJobName } from './job-name.ts';
import { startSubmission } from './submission.ts';
import type { JobFile } from './types/index.ts';

export const command: Command = {
  name: 'ml job create',
  summary: 'Create a job.',
  description:
    'Sends the code, components, environments and local data that the YAML file names, then the job, which starts on its compute.',
  arguments: [
    ...workspaceArguments,
    jobFileArgument,
    { ...jobNameArgument, required: false },
    {
      name: 'save_as',
      options: ['--save-as', '-a'],
      kind: 'value',
      help: "File to which the created job's state in YAML format will be written.",
    },
    setArgument,
    {
      name: 'skip_validation',
      options: ['--skip-validation'],
      kind: 'flag',
      help: 'Skip validation in creating the resource.',
    },
    {
      name: 'stream',
      options: ['--stream', '-s'],
      kind: 'flag',
      help: "Indicates whether to stream the job's logs to the console.",
    },
    webArgument,
  ],
  examples: [
    {
      text: 'Create a job from a YAML specification file',
      command: 'az ml job create --file job.yml --resource-group my-resource-group --workspace-name my-workspace',
    },
  ],
  async run(context, args) {
    const job = readJobFile(args.need('file'), context.io.cwd, args.list('set') ?? [], args.text('name'));
    if (
      job.problems.length &&
      !(args.flag('skip_validation') && job.problems.every((problem) => !/not implemented/.test(problem.message)))
    ) {
      throw commandError(describeProblems(job.file, `${job.kind.type} job`, job.problems));
    }
    for (const remark of job.remarks) context.warn(describeRemark(job.file, remark));
    const workspace = await openWorkspace(context, args);
    const created = await submit(context, workspace, job);
    const entity = withResourceGroups(await showJob(workspace, created));
    const saveAs = args.text('save_as');
    if (saveAs) {
      const { stringify } = await import('yaml');
      writeFileSync(resolve(context.io.cwd, saveAs), stringify(entity, { indentSeq: false, sortMapEntries: true }));
    }
    if (args.flag('web')) webLink(context, entity);
    if (args.flag('stream')) {
      const { streamJob } = await import('./stream-job.ts');
      await streamJob(context, workspace, created.name);
    }
    return entity;
  },
};

async function submit(context: Context, workspace: Workspace, job: JobFile): Promise<JobResource> {
  const { data } = job;
  const name = data['name'] === undefined || data['name'] === null ? newJobName() : pythonText(data['name']);
  const submission = startSubmission(workspace);
  const git = gitProperties(context.io.cwd, context.io.env);
  const properties = await createdJob(submission, job, {
    name,
    experiment: experimentOf(context.io.cwd),
    properties: await git,
  });
  const identity = properties.identity?.['identityType'];
  // A pipeline's steps act for the user: the service is handed a token of its own audience.
  const forUser = job.kind.type === 'pipeline' || identity === 'UserIdentity';
  const headers = forUser
    ? { 'x-azureml-token': (await workspace.arm.session.token('https://ml.azure.com')).accessToken }
    : undefined;
  return workspace.arm.json<JobResource>({
    method: 'PUT',
    path: workspace.path(`/jobs/${segment(name)}`),
    apiVersion: JOB_API,
    ...(headers ? { headers } : {}),
    body: { properties },
  });
}
