import type { Messages } from './agents/messages.ts';
import type { DevopsDeps } from './deps.ts';
import type { Engine } from './runs/engine.ts';
import type { Feed } from './runs/feed.ts';
import type { Logs } from './runs/logs.ts';
import type { ServerJobs } from './runs/server-jobs.ts';

/** What the REST resources work with. */
export type Slice = {
  readonly deps: DevopsDeps;
  readonly engine: Engine;
  readonly serverJobs: ServerJobs;
  readonly logs: Logs;
  readonly feed: Feed;
  readonly messages: Messages;
  /** The organisation's URL with a final slash, as answers spell links. */
  collectionUri(): string;
};
