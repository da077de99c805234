import type { Renewals } from '../agents/renewals.ts';
import type { AgentTaskCatalog } from '../deps.ts';
import type { QueueRun } from '../queue-run.ts';
import type { Slice } from '../slice.ts';

/** What the routes work with. */
export type ApiContext = Slice & {
  readonly renewals: Renewals;
  readonly queueRun: QueueRun;
  /** Agents' and server's tasks. */
  readonly tasks: AgentTaskCatalog;
};
