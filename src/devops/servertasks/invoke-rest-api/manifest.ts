import type { TaskManifest } from '../../../contracts/task.ts';

/** What the task sends when no headers are written (client source): they tell the receiver where to report. */
const DEFAULT_HEADERS = JSON.stringify(
  {
    'Content-Type': 'application/json',
    PlanUrl: '$(system.CollectionUri)',
    ProjectId: '$(system.TeamProjectId)',
    HubName: '$(system.HostType)',
    PlanId: '$(system.PlanId)',
    JobId: '$(system.JobId)',
    TimelineId: '$(system.TimelineId)',
    TaskInstanceId: '$(system.TaskInstanceId)',
    AuthToken: '$(system.AccessToken)',
  },
  undefined,
  1,
);

export const METHODS = ['OPTIONS', 'GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'TRACE', 'PATCH'] as const;

/** Names, aliases and defaults as the public task has them. */
export const manifest: TaskManifest = {
  id: '9c3e8943-130d-4c78-ac63-8af81df62dfb',
  name: 'InvokeRESTAPI',
  friendlyName: 'Invoke REST API',
  description: 'Calls an HTTP address and judges its answer, or waits for the receiver to report the end.',
  author: 'Millrace',
  version: { Major: 1, Minor: 0, Patch: 0 },
  runsOn: ['Server', 'ServerGate'],
  instanceNameFormat: 'Invoke REST API: $(method)',
  inputs: [
    {
      name: 'connectedServiceNameSelector',
      aliases: ['connectionType'],
      type: 'pickList',
      label: 'Connection type',
      defaultValue: 'connectedServiceName',
      required: true,
    },
    {
      name: 'connectedServiceName',
      aliases: ['serviceConnection', 'genericService'],
      type: 'connectedService:Generic',
      label: 'Generic service connection',
      required: true,
      visibleRule: 'connectedServiceNameSelector = connectedServiceName',
    },
    {
      name: 'connectedServiceNameARM',
      aliases: ['azureServiceConnection', 'azureSubscription'],
      type: 'connectedService:AzureRM',
      label: 'Azure subscription',
      required: true,
      visibleRule: 'connectedServiceNameSelector = connectedServiceNameARM',
    },
    { name: 'method', type: 'pickList', label: 'Method', defaultValue: 'POST', required: true },
    { name: 'headers', type: 'multiLine', label: 'Headers', defaultValue: DEFAULT_HEADERS },
    { name: 'body', type: 'multiLine', label: 'Body', visibleRule: 'method != GET && method != HEAD' },
    { name: 'urlSuffix', type: 'string', label: 'URL suffix and parameters' },
    { name: 'waitForCompletion', type: 'pickList', label: 'Completion event', defaultValue: 'false', required: true },
    {
      name: 'successCriteria',
      type: 'string',
      label: 'Success criteria',
      visibleRule: 'waitForCompletion = false',
    },
  ],
};
