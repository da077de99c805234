import type { TaskManifest, TaskModule } from '../contracts/task.ts';

/** Where the agent's tasks come from; who starts the agent hands it over. */
export type TaskLoader = {
  find(nameOrId: string, majorVersion: string): TaskManifest | undefined;
  load(id: string, majorVersion: string): Promise<TaskModule | undefined>;
};

/** The task that every `checkout` step is (documented). */
export const CHECKOUT_TASK = '6d15af64-176c-496d-b583-fd2ae21d4df4';
