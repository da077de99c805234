import type { TaskManifest } from '../../../contracts/task.ts';

/** The four inputs of the public task (documented). */
export const manifest: TaskManifest = {
  id: '6d1c7a3e-5a3f-4b67-9a53-c1d0f6f5a001',
  name: 'AzureMLJobWaitTask',
  friendlyName: 'AzureML Job Wait',
  description: 'Waits for an Azure Machine Learning job and ends as the job ends.',
  author: 'Millrace',
  version: { Major: 1, Minor: 0, Patch: 0 },
  runsOn: ['Server'],
  instanceNameFormat: 'Wait for AzureML job $(azureMLJobName)',
  inputs: [
    {
      name: 'serviceConnection',
      aliases: ['connectedServiceName', 'azureSubscription'],
      type: 'connectedService:AzureRM',
      label: 'Service connection',
      required: true,
    },
    { name: 'resourceGroupName', type: 'string', label: 'Azure resource group name', required: true },
    { name: 'azureMLWorkspaceName', type: 'string', label: 'AzureML workspace name', required: true },
    { name: 'azureMLJobName', type: 'string', label: 'AzureML job name', required: true },
  ],
};
