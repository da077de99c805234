import type { Registry } from '../../command.ts';

export const registry: Registry = {
  'ml job archive': { summary: 'Archive a job.', load: () => import('./job/archive.ts') },
  'ml job cancel': { summary: 'Cancel a job.', load: () => import('./job/cancel.ts') },
  'ml job create': { summary: 'Create a job.', load: () => import('./job/create.ts') },
  'ml job download': { summary: 'Download all job-related files.', load: () => import('./job/download.ts') },
  'ml job list': { summary: 'List jobs in a workspace.', load: () => import('./job/list.ts') },
  'ml job restore': { summary: 'Restore an archived job.', load: () => import('./job/restore.ts') },
  'ml job show': { summary: 'Show details for a job.', load: () => import('./job/show.ts') },
  'ml job stream': { summary: 'Stream job logs to the console.', load: () => import('./job/stream.ts') },
  'ml job validate': { summary: 'Validate a job without submitting it.', load: () => import('./job/validate.ts') },
};
