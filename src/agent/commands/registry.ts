import { artifactAssociate } from './artifact-associate.ts';
import { artifactUpload } from './artifact-upload.ts';
import { buildAddBuildTag } from './build-addbuildtag.ts';
import { buildUpdateBuildNumber } from './build-updatebuildnumber.ts';
import { buildUploadLog } from './build-uploadlog.ts';
import { buildUploadSummary } from './build-uploadsummary.ts';
import { codeCoveragePublish } from './codecoverage-publish.ts';
import type { Command } from './command.ts';
import { releaseUpdateReleaseName } from './release-updatereleasename.ts';
import { resultsPublish } from './results-publish.ts';
import { taskAddAttachment } from './task-addattachment.ts';
import { taskComplete } from './task-complete.ts';
import { taskDebug } from './task-debug.ts';
import { taskLogDetail } from './task-logdetail.ts';
import { taskLogIssue } from './task-logissue.ts';
import { taskPrependPath } from './task-prependpath.ts';
import { taskSetEndpoint } from './task-setendpoint.ts';
import { taskSetProgress } from './task-setprogress.ts';
import { taskSetSecret } from './task-setsecret.ts';
import { taskSetTaskVariable } from './task-settaskvariable.ts';
import { taskSetVariable } from './task-setvariable.ts';
import { taskUploadFile } from './task-uploadfile.ts';
import { taskUploadSummary } from './task-uploadsummary.ts';
import { telemetryPublish } from './telemetry-publish.ts';

/** Every logging command, one line each. */
export const commands: readonly Command[] = [
  artifactAssociate,
  artifactUpload,
  buildAddBuildTag,
  buildUpdateBuildNumber,
  buildUploadLog,
  buildUploadSummary,
  codeCoveragePublish,
  releaseUpdateReleaseName,
  resultsPublish,
  taskAddAttachment,
  taskComplete,
  taskDebug,
  taskLogDetail,
  taskLogIssue,
  taskPrependPath,
  taskSetEndpoint,
  taskSetProgress,
  taskSetSecret,
  taskSetTaskVariable,
  taskSetVariable,
  taskUploadFile,
  taskUploadSummary,
  telemetryPublish,
];

const byName = new Map(commands.map((command) => [`${command.area}.${command.event}`, command]));
// `task.issue` is an old name that the agent still takes.
byName.set('task.issue', taskLogIssue);

/** The command of an area and event in lower case, or undefined. */
export function findCommand(area: string, event: string): Command | undefined {
  return byName.get(`${area}.${event}`);
}
