import { storageFault } from '../../kernel/storage-fault.ts';
import type { Store } from '../../store/index.ts';
import type { DevopsTables } from '../tables.ts';
import { holdsClaim, later, renew } from './queue.ts';

/**
 * Renews the claims of agents. While nothing can be stored a renewal holds in this process alone: the agent is there, and a full disk
 * must not cost it its job. Nothing is lost with the process, as every claim gets its full time anew when a server starts.
 */
export type Renewals = {
  /** @returns the new expiry, or undefined when the token is stale */
  renew(requestId: number, lockToken: string, at: Date, seconds: number): Promise<string | undefined>;
  /** Whether a claim whose stored time is over was renewed without being stored. */
  holds(requestId: number, at: string): boolean;
};

/** Makes the renewals of a server. */
export function createRenewals(store: Store<DevopsTables>): Renewals {
  const unstored = new Map<number, string>();
  return {
    async renew(requestId, lockToken, at, seconds) {
      try {
        const until = await store.write((writer) => renew(writer, requestId, lockToken, at, seconds));
        unstored.delete(requestId);
        return until;
      } catch (error) {
        if (!storageFault(error) || !(await holdsClaim(store.read, requestId, lockToken))) throw error;
        const until = later(at, seconds);
        unstored.set(requestId, until);
        return until;
      }
    },
    holds(requestId, at) {
      const until = unstored.get(requestId);
      if (until !== undefined && until > at) return true;
      unstored.delete(requestId);
      return false;
    },
  };
}
