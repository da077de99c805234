import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { forbidden } from '../../kernel/errors.ts';

/** How long an address of a log file can be read. Clients ask for fresh ones with every look at a run. */
const LIFETIME = 60 * 60 * 1000;

export type LogLinks = {
  /** The query that lets whoever holds it read one log file of one run, for an hour. */
  sign(workspaceId: string, runId: string, path: string, now: Date): string;
  /** @throws forbidden when the query was not made here, was changed, or has expired */
  check(workspaceId: string, runId: string, path: string, query: Readonly<Record<string, unknown>>, now: Date): void;
};

/** Signs with a key of this process: after a restart clients get fresh addresses with their next look anyway. */
export function createLogLinks(secret: Buffer = randomBytes(32)): LogLinks {
  const signature = (workspaceId: string, runId: string, path: string, expiry: string) =>
    createHmac('sha256', secret)
      .update(JSON.stringify([workspaceId, runId, path, expiry]))
      .digest();
  return {
    sign(workspaceId, runId, path, now) {
      const expiry = String(now.getTime() + LIFETIME);
      return `se=${expiry}&sig=${signature(workspaceId, runId, path, expiry).toString('base64url')}`;
    },
    check(workspaceId, runId, path, query, now) {
      const expiry = String(query.se ?? '');
      const given = Buffer.from(String(query.sig ?? ''), 'base64url');
      const right = signature(workspaceId, runId, path, expiry);
      if (given.length !== right.length || !timingSafeEqual(given, right) || !(Number(expiry) > now.getTime()))
        throw forbidden('The address of this log file is not valid any more. Ask for the run’s details again.');
    },
  };
}
