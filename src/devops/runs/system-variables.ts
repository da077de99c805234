import type { VariableValue } from '../../contracts/agent.ts';
import type { PlanJob, PlanStage } from '../../language/index.ts';
import { identifierOf, recordId } from './record-ids.ts';
import type { RunInfo } from './run-info.ts';
import type { LegState, Variables } from './state.ts';

const MESSAGE_LENGTH = 200;

/** Identity of the organisation as variables and answers show it. */
export const COLLECTION_ID = '6d1c7a3e-0000-4000-8000-000000000010';

export type RunIdentity = {
  readonly runId: number;
  readonly planId: string;
  readonly number: string;
  /** Ends with a slash. */
  readonly collectionUri: string;
  readonly queuedAt: string;
};

/** Predefined variables that hold for a whole run (names and values as documented and as the agent source reads them). */
export function runVariables(run: RunIdentity, info: RunInfo): Variables {
  const { source, definition, project } = info;
  const branchName = source.branch.split('/').at(-1) ?? '';
  return readOnly({
    system: 'build',
    'system.hosttype': 'build',
    'system.servertype': 'Hosted',
    'system.culture': 'en-US',
    'system.collectionId': COLLECTION_ID,
    'system.collectionUri': run.collectionUri,
    'system.teamFoundationCollectionUri': run.collectionUri,
    'system.taskDefinitionsUri': run.collectionUri,
    'system.teamProject': project.name,
    'system.teamProjectId': project.id,
    'system.definitionId': String(definition.id),
    'system.definitionName': definition.name,
    'system.definitionVersion': String(definition.revision),
    'system.pipelineStartTime': run.queuedAt,
    'system.planId': run.planId,
    'system.timelineId': run.planId,
    'system.isScheduled': 'False',
    'system.pullRequest.isFork': 'False',
    'build.buildId': String(run.runId),
    'build.buildNumber': run.number,
    'build.buildUri': `vstfs:///Build/Build/${run.runId}`,
    'build.containerId': String(run.runId),
    'build.definitionName': definition.name,
    'build.definitionVersion': String(definition.revision),
    'build.queuedBy': info.requestedFor,
    'build.queuedById': COLLECTION_ID,
    'build.requestedFor': info.requestedFor,
    'build.requestedForId': COLLECTION_ID,
    'build.requestedForEmail': '',
    'build.reason': info.reason,
    'build.sourceBranch': source.branch,
    'build.sourceBranchName': branchName,
    'build.sourceVersion': source.version,
    'build.sourceVersionAuthor': source.author,
    'build.sourceVersionMessage': (source.message.split('\n', 1)[0] ?? '').slice(0, MESSAGE_LENGTH),
    'build.repository.id': source.repositoryId,
    'build.repository.name': source.repositoryName,
    'build.repository.uri': source.root,
    'build.repository.provider': 'Git',
    'agent.readOnlyVariables': 'true',
    'agent.retainDefaultEncoding': 'false',
    MSDEPLOY_HTTP_USER_AGENT: userAgent(definition.id),
    AZURE_HTTP_USER_AGENT: userAgent(definition.id),
  });
}

/** Predefined variables of one leg of a job, the access token apart. */
export function jobVariables(
  stage: PlanStage,
  job: PlanJob,
  leg: LegState,
  position: number,
  total: number,
): Variables {
  const identifier = identifierOf(stage.name, job.name, leg.name);
  return readOnly({
    'system.stageId': recordId(identifierOf(stage.name)),
    'system.stageName': stage.name,
    'system.stageDisplayName': stage.displayName || stage.name,
    'system.stageAttempt': '1',
    'system.phaseId': recordId(identifierOf(stage.name, job.name)),
    'system.phaseName': job.name,
    'system.phaseDisplayName': job.displayName || job.name,
    'system.phaseAttempt': '1',
    'system.jobId': leg.jobId,
    'system.jobName': leg.name,
    'system.jobDisplayName': jobDisplayName(job, leg.name),
    'system.jobIdentifier': identifier,
    'system.jobAttempt': '1',
    'System.JobPositionInPhase': String(position),
    'System.TotalJobsInPhase': String(total),
    'system.parallelExecutionType': total > 1 ? 'MultiConfiguration' : 'None',
    'system.enableAccessToken': 'SecretVariable',
    'agent.jobName': leg.name === '__default' ? job.name : leg.name,
  });
}

/** How a leg is named to people. */
export function jobDisplayName(job: PlanJob, leg: string): string {
  const display = job.displayName || job.name;
  return leg === '__default' ? display : `${display} ${leg}`;
}

function readOnly(values: Readonly<Record<string, string>>): Record<string, VariableValue> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value, isReadOnly: true }]));
}

function userAgent(definitionId: number): string {
  return `VSTS_${COLLECTION_ID}_build_${definitionId}_0`;
}
