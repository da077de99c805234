import type { FastifyInstance } from 'fastify';
import { type Authenticate, createService, statusOf } from '../http/index.ts';
import { forbidden } from '../kernel/errors.ts';
import type { Log } from '../kernel/log.ts';

/** First path segment of the server's own routes, for the command line in other terminals. */
export const controlPrefixes = ['_millrace'] as const;

/**
 * The routes by which `millrace` in another terminal finds the server alive and learns the variables of `millrace env`.
 * Only the owner's token opens them.
 */
export function createControlService(options: {
  readonly log: Log;
  readonly authenticate: Authenticate;
  readonly version: string;
  environment(): Promise<Readonly<Record<string, string>>>;
}): FastifyInstance {
  const service = createService({
    name: 'control',
    log: options.log,
    authenticate: options.authenticate,
    toWire: (error) => ({ status: statusOf(error), body: { message: error.message } }),
  });
  service.addHook('preHandler', async (request) => {
    if (request.principal.kind !== 'owner') throw forbidden("Only the owner's token opens this.");
  });
  service.get('/_millrace/health', async () => ({ version: options.version }));
  service.get('/_millrace/environment', () => options.environment());
  return service;
}
