// The registry of the tasks that the server itself performs: one folder and one line each.
import type { ServerTaskRegistry } from '../runs/server-task.ts';
import { azureMlJobWait } from './azureml-job-wait/azureml-job-wait.ts';
import { delay } from './delay/delay.ts';
import { invokeRestApi } from './invoke-rest-api/invoke-rest-api.ts';

export const serverTasks: ServerTaskRegistry = [invokeRestApi, azureMlJobWait, delay];
