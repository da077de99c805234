import { commandError } from '../../../errors.ts';
import type { AssetSource } from '../asset/asset-file.ts';
import { createdJob, type JobBody } from '../job/job-body.ts';
import { checkJob } from '../job/job-file.ts';
import type { Submission } from '../job/submission.ts';
import type { JobFile } from '../job/types/index.ts';
import { pipelineJob } from '../job/types/pipeline.ts';
import { textMap } from '../job/wire-words.ts';
import { describeProblems, gatherProblems, type Problems } from '../load/fields.ts';
import { any, flag, mapOf, oneOf, type Shape, shaped, text, texts } from '../load/shape.ts';
import { loadYamlFile } from '../load/yaml-file.ts';
import { isMap, pythonText, type YamlMap } from '../load/yaml-value.ts';
import { isReference } from '../references.ts';
import { TRIGGER, TRIGGER_NEEDS, triggerToWire } from './trigger-wire.ts';

/** What a schedule's YAML file may hold (documented schema). */
export const SCHEDULE_SHAPE: Shape = {
  name: text,
  display_name: text,
  description: text,
  tags: texts,
  properties: texts,
  'trigger!': shaped(TRIGGER),
  create_job: oneOf(text, mapOf(any)),
  create_monitor: mapOf(any),
  import_data: mapOf(any),
  // Of a dump alone.
  id: text,
  is_enabled: flag,
  provisioning_state: text,
  creation_context: any,
};

/** A schedule's properties on the wire; what its job names is sent on the way. @throws with every problem of its file */
export async function scheduleToWire(
  submission: Submission,
  source: AssetSource,
  about: JobBody,
): Promise<Record<string, unknown>> {
  const { data } = source;
  const trigger = isMap(data['trigger']) ? data['trigger'] : {};
  const problems = gatherProblems();
  for (const key of TRIGGER_NEEDS[pythonText(trigger['type']).toLowerCase()] ?? [])
    if (trigger[key] === undefined || trigger[key] === null)
      problems.add(`trigger.${key}`, 'Missing data for required field.', { map: data, key: 'trigger' });
  const job = scheduledJob(source, problems);
  if (problems.all.length) throw commandError(describeProblems(source.file, 'schedule', problems.all));
  const optional = (key: string, wire: string) => (data[key] ? { [wire]: pythonText(data[key]) } : {});
  return {
    ...optional('description', 'description'),
    ...optional('display_name', 'displayName'),
    properties: textMap(data['properties']),
    tags: textMap(data['tags']),
    isEnabled: true,
    trigger: triggerToWire(trigger),
    action: { actionType: 'CreateJob', jobDefinition: await job(submission, about) },
  };
}

type MakeJob = (submission: Submission, about: JobBody) => Promise<Record<string, unknown>>;

/** Reads `create_job`: a job of the workspace, a file, or either with changes of its own. */
function scheduledJob({ data, folder }: AssetSource, problems: Problems): MakeJob {
  const where = { map: data, key: 'create_job' };
  for (const key of ['create_monitor', 'import_data'])
    if (data[key] !== undefined) {
      problems.add(key, `not implemented: schedules with ${key}. Those with create_job work.`, { map: data, key });
      return async () => ({});
    }
  const value = data['create_job'];
  const changes = isMap(value) ? value : {};
  const named = isMap(value) ? value['job'] : value;
  if (named === undefined || named === null) {
    // A whole job in place of a name.
    if (isMap(value)) return jobOf(value, folder, problems);
    problems.add('create_job', 'Missing data for required field: the job, by azureml:<name> or a YAML file.', where);
    return async () => ({});
  }
  const text = pythonText(named);
  const { job: _job, ...own } = changes;
  if (isReference(text)) {
    if (isMap(value) && value['type'] === undefined)
      problems.add('create_job.type', "'type' must be specified when scheduling a remote job with updates.", where);
    return remoteJob(text, own, folder);
  }
  const file = loadYamlFile(text.replace(/^file:/, ''), folder, 'job');
  return jobOf(merged(file.data, own), file.folder, problems);
}

function merged(under: YamlMap, over: YamlMap): YamlMap {
  const all: YamlMap = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const before = all[key];
    all[key] = isMap(before) && isMap(value) ? merged(before, value) : value;
  }
  return all;
}

function jobOf(job: YamlMap, folder: string, problems: Problems): MakeJob {
  const inner = gatherProblems();
  const checked = checkJob('schedule', folder, job, inner);
  for (const problem of inner.all) problems.take({ ...problem, path: `create_job.${problem.path}` });
  for (const remark of inner.remarks) problems.remark({ ...remark, path: `create_job.${remark.path}` });
  return (submission, about) => createdJob(submission, checked, about);
}

/** A job of the workspace that each firing makes anew, with the changes that are given (client source). */
function remoteJob(reference: string, own: YamlMap, folder: string): MakeJob {
  const named = reference.replace(/^azureml:/, '');
  return async (submission, about) => {
    const sourceJobId = named.startsWith('/') ? named : `${submission.scope.id}/jobs/${named}`;
    if (Object.keys(own).length === 0)
      return { jobType: 'Pipeline', sourceJobId, experimentName: '', isArchived: false };
    const changed: JobFile = {
      kind: pipelineJob,
      file: 'schedule',
      folder,
      data: own,
      nodes: [],
      problems: [],
      remarks: [],
    };
    return { ...(await createdJob(submission, changed, about)), sourceJobId };
  };
}
