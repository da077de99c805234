import { ORGANISATION } from '../deps.ts';
import type { LoadedRun } from '../runs/engine.ts';
import { secretHider } from '../runs/run-secrets.ts';

/** A run as the build API shows it (recorded shape; optional fields that don't apply are left out). */
export function buildWire(run: LoadedRun, baseUrl: string, tags: readonly string[] = []) {
  const { info, state } = run;
  const project = { id: info.project.id, name: info.project.name, state: 'wellFormed', visibility: 'private' };
  const root = `${baseUrl}/${ORGANISATION}/${info.project.id}/_apis/build`;
  const url = `${root}/Builds/${run.runId}`;
  return {
    _links: { self: { href: url }, timeline: { href: `${url}/timeline` } },
    id: run.runId,
    buildNumber: run.number,
    status: state.state === 'canceling' ? 'cancelling' : state.state,
    ...(state.result === undefined ? {} : { result: state.result }),
    queueTime: run.queuedAt,
    ...(state.startedAt === undefined ? {} : { startTime: state.startedAt }),
    ...(state.finishedAt === undefined ? {} : { finishTime: state.finishedAt }),
    url,
    uri: `vstfs:///Build/Build/${run.runId}`,
    definition: {
      id: info.definition.id,
      name: info.definition.name,
      revision: info.definition.revision,
      path: '\\',
      type: 'build',
      queueStatus: 'enabled',
      url: `${root}/Definitions/${info.definition.id}`,
      project,
    },
    project,
    sourceBranch: info.source.branch,
    sourceVersion: info.source.version,
    priority: 'normal',
    reason: info.reason.charAt(0).toLowerCase() + info.reason.slice(1),
    requestedFor: { displayName: info.requestedFor, uniqueName: info.requestedFor },
    requestedBy: { displayName: info.requestedFor, uniqueName: info.requestedFor },
    lastChangedDate: state.finishedAt ?? run.queuedAt,
    orchestrationPlan: { planId: run.planId },
    plans: [{ planId: run.planId }],
    logs: { id: 0, type: 'Container', url: `${url}/logs` },
    repository: { id: info.source.repositoryId, type: 'Git', name: info.source.repositoryName, url: info.source.root },
    keepForever: false,
    retainedByRelease: false,
    tags,
    properties: {},
    validationResults: info.warnings.map((message) => ({ result: 'warning', message })),
    templateParameters: secretHider(run)(info.templateParameters),
  };
}
