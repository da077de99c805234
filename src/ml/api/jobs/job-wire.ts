import { PROVIDER, systemData } from '../../arm/context.ts';
import type { JobDocument, StoredRun } from '../../jobs/job-rows.ts';
import { isArtifactsOutput } from '../../jobs/read-values.ts';
import { inputsOf, shownOutputs, shownProperties } from '../../jobs/run-values.ts';
import { shownResources } from '../../jobs/shown-resources.ts';
import { artifactPrefix, DATA_PLANE_HOST, workspaceResourceId } from '../../places.ts';
import { addedProperties, isHidden, noteOf, ownTags, type RunRecord } from '../../tracking/index.ts';
import type { Workspace } from '../../types.ts';
import type { Json } from '../../wire-fields.ts';

/** Links that every job has; clients print the first and read runs by the second. */
function servicesOf(workspace: Workspace, name: string) {
  const id = workspaceResourceId(workspace);
  return {
    Tracking: {
      jobServiceType: 'Tracking',
      port: null,
      endpoint: `azureml://${DATA_PLANE_HOST}/mlflow/v1.0${id}?`,
      status: null,
      errorMessage: null,
      properties: null,
      nodes: null,
    },
    Studio: {
      jobServiceType: 'Studio',
      port: null,
      endpoint: `https://ml.azure.com/runs/${name}?wsid=${id.replace('/resourceGroups/', '/resourcegroups/')}`,
      status: null,
      errorMessage: null,
      properties: null,
      nodes: null,
    },
  };
}

/**
 * A job as ARM shows it (recorded shape). The `default` output, the folder of its artifacts, is there once the job has ended: clients that find
 * it earlier stream by it and not by run history.
 */
export function jobWire(
  workspace: Workspace,
  name: string,
  document: JobDocument,
  run: StoredRun,
  webhooks: Readonly<Record<string, unknown>>,
) {
  const { properties } = document;
  const { plan, state } = run;
  const own = (properties['properties'] ?? {}) as Record<string, string>;
  const isCommand = document.jobType === 'Command';
  return {
    id: `${workspaceResourceId(workspace)}/jobs/${name}`,
    name,
    type: `${PROVIDER}/workspaces/jobs`,
    systemData: systemData(document.createdAt, document.createdBy, document.modifiedAt),
    properties: {
      description: null,
      componentId: null,
      computeId: null,
      identity: null,
      isArchived: false,
      ...(isCommand
        ? { parameters: {}, distribution: null, limits: null, queueSettings: null, environmentVariables: {} }
        : {}),
      ...properties,
      jobType: document.jobType,
      notificationSetting:
        Object.keys(webhooks).length === 0
          ? (properties['notificationSetting'] ?? null)
          : { ...((properties['notificationSetting'] ?? {}) as object), webhooks },
      tags: properties['tags'] ?? {},
      properties: { ...own, ...shownProperties(run) },
      displayName: properties['displayName'] ?? plan.displayName,
      experimentName: plan.experimentName,
      status: state.status,
      services: { ...((properties['services'] ?? {}) as object), ...servicesOf(workspace, name) },
      ...(isCommand
        ? {
            inputs: withModes(properties['inputs'], 'ReadOnlyMount'),
            outputs: {
              ...(state.endedAt === undefined ? {} : { default: defaultOutput(name) }),
              ...withModes(properties['outputs'], 'ReadWriteMount'),
            },
            resources: { instanceCount: 1, shmSize: '2g', ...((properties['resources'] ?? {}) as object) },
          }
        : {}),
      ...(state.error === undefined ? {} : { error: state.error }),
    },
  };
}

/** Data without a mode has the service's own: the service says so (seen in its answers). */
function withModes(values: unknown, mode: string): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries((values ?? {}) as Record<string, Json>)
      .filter(([key, value]) => !isArtifactsOutput(key, value))
      .map(([key, value]) => {
        const isLiteral = value['jobInputType'] === 'literal' || value['jobOutputType'] === 'literal';
        return [key, isLiteral ? value : { mode, ...value }];
      }),
  );
}

/** Where a job's artifacts are, as the service writes it: without the `paths` of other addresses (seen). */
const defaultOutput = (name: string) => ({
  jobOutputType: 'uri_folder',
  uri: `azureml://datastores/workspaceartifactstore/${artifactPrefix(name)}`,
  mode: 'ReadWriteMount',
});

/** A node of a pipeline as a job of its own: clients that show, stream or cancel one then need no other route. */
export function childWire(workspace: Workspace, run: StoredRun) {
  const { plan, state } = run;
  const command = plan.work.kind === 'command' ? plan.work : undefined;
  return {
    id: `${workspaceResourceId(workspace)}/jobs/${plan.runId}`,
    name: plan.runId,
    type: `${PROVIDER}/workspaces/jobs`,
    systemData: systemData(plan.createdAt, 'millrace'),
    properties: {
      jobType: command ? 'Command' : plan.work.kind === 'led' ? plan.work.jobType : 'Pipeline',
      displayName: plan.displayName,
      experimentName: plan.experimentName,
      description: plan.description ?? null,
      status: state.status,
      tags: plan.tags,
      properties: shownProperties(run),
      isArchived: false,
      computeId: command ? `${workspaceResourceId(workspace)}/computes/${command.compute}` : null,
      services: servicesOf(workspace, plan.runId),
      ...(command
        ? {
            command: command.command,
            environmentId: command.environment,
            environmentVariables: command.environmentVariables,
            ...valuesOf(run),
            parameters: {},
            resources: shownResources(command),
          }
        : plan.work.kind === 'led'
          ? { ...plan.work.shown, ...valuesOf(run) }
          : { jobs: {}, ...valuesOf(run), settings: {} }),
      ...(state.error === undefined ? {} : { error: state.error }),
    },
  };
}

/** What a run reads and writes, in the words of a job's body. */
function valuesOf(run: StoredRun) {
  const inputs = Object.entries(inputsOf(run)).map(([name, { value, mode }]) => [
    name,
    value.kind === 'literal'
      ? { jobInputType: 'literal', value: value.value }
      : { jobInputType: value.type, uri: value.uri, mode },
  ]);
  const outputs = Object.entries(shownOutputs(run)).map(([name, value]) => [
    name,
    value.kind === 'literal'
      ? { jobOutputType: 'literal', value: value.value }
      : { jobOutputType: value.type, uri: value.uri, mode: run.plan.outputs[name]?.mode ?? 'ReadWriteMount' },
  ]);
  return { inputs: Object.fromEntries(inputs), outputs: Object.fromEntries(outputs) };
}

/** The job with what was said of its run since: by mlflow, by run history, or here. */
export function withRecord<T extends { readonly properties: object }>(job: T, record: RunRecord | undefined): T {
  if (!record) return job;
  const description = noteOf(record);
  const properties = (job.properties as { properties?: object }).properties;
  const hidden = isHidden(record);
  return {
    ...job,
    properties: {
      ...job.properties,
      displayName: record.name,
      ...(description === undefined ? {} : { description }),
      tags: ownTags(record),
      ...(hidden === undefined ? {} : { isArchived: hidden }),
      properties: { ...addedProperties(record), ...properties },
    },
  };
}
