import type { FastifyInstance } from 'fastify';
import { type ArmContext, checkCaller, PROVIDER } from '../../arm/context.ts';
import { OPERATION_STATUS } from '../../arm/operation-status.ts';
import { OPERATIONS } from '../../arm/operations.gen.ts';

/** What a request does, as rights to it are called: `…/workspaces/jobs/write`, `…/workspaces/listKeys/action`. */
function actionOf(method: string, path: string): string {
  const words = path
    .slice(path.indexOf(PROVIDER))
    .split('/')
    .filter((part) => !part.startsWith('{'));
  const verb = { GET: 'read', PUT: 'write', PATCH: 'write', DELETE: 'delete' }[method] ?? 'action';
  return [...words, verb].join('/');
}

/** The operations of the provider that are built, as rights to them are named: what role definitions are written with. */
export function addProviderOperationRoutes(service: FastifyInstance, _context: ArmContext): void {
  service.get(`/providers/${PROVIDER}/operations`, async (request) => {
    checkCaller(request.principal);
    const built = OPERATIONS.filter(({ id }) => {
      const entry = OPERATION_STATUS[id];
      return (typeof entry === 'string' ? entry : entry[0]) !== 'not implemented';
    });
    const actions = new Set(built.map(({ method, path }) => actionOf(method, path)));
    return {
      value: [...actions].sort().map((name) => {
        const words = name.split('/').slice(1);
        return {
          name,
          isDataAction: false,
          display: {
            provider: 'Microsoft Machine Learning Services',
            resource: words.slice(0, -1).join('/'),
            operation: words.at(-1),
            description: `${words.at(-1)} of ${words.slice(0, -1).join('/')}`,
          },
        };
      }),
    };
  });
}
