import type { FastifyInstance } from 'fastify';
import { listProjects, type Project } from '../../projects.ts';
import { projectOf, requireViewer } from '../../wire/access.ts';
import { list } from '../../wire/list.ts';
import type { ApiContext } from '../context.ts';

const wire = (project: Project) => ({
  id: project.id,
  name: project.name,
  state: 'wellFormed',
  revision: 1,
  visibility: 'private',
  lastUpdateTime: project.createdOn,
});

/** Projects: list and show. */
export function addProjectRoutes(service: FastifyInstance, context: ApiContext): void {
  const { deps } = context;
  service.get('/:organisation/_apis/projects', async (request) => {
    requireViewer(request);
    return list((await listProjects(deps.store.read)).map(wire));
  });
  service.get('/:organisation/_apis/projects/:project', async (request) => {
    requireViewer(request);
    return wire(await projectOf(context, request));
  });
}
