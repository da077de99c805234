import { isAbsolute } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { invalid } from '../../../kernel/errors.ts';
import type { RepositoryPlace } from '../../run-repositories.ts';
import { projectOf, requireUser } from '../../wire/access.ts';
import { readVariables } from '../../wire/timeline.ts';
import type { ApiContext } from '../context.ts';

type Body = {
  directory?: unknown;
  file?: unknown;
  text?: unknown;
  variables?: unknown;
  groups?: unknown;
  repositories?: unknown;
  templateParameters?: unknown;
  stages?: unknown;
  jobs?: unknown;
  strict?: unknown;
  cleanCheckout?: unknown;
  az?: unknown;
};

/** @throws invalid for an entry without a name or with a folder that isn't absolute */
function placesOf(given: unknown): RepositoryPlace[] {
  return (Array.isArray(given) ? given : []).map((one: { name?: unknown; ref?: unknown; directory?: unknown }) => {
    const { name, ref, directory } = one ?? {};
    if (typeof name !== 'string' || typeof directory !== 'string' || !isAbsolute(directory))
      throw invalid("Each of 'repositories' needs 'name' (an alias or a name) and 'directory' (an absolute path).");
    return { name, directory, ...(typeof ref === 'string' ? { ref } : {}) };
  });
}

/** Runs of a directory of this machine: what `millrace run` asks for. Only the owner may name directories. */
export function addLocalRunRoutes(service: FastifyInstance, context: ApiContext): void {
  const { queueRun } = context;
  service.post('/:organisation/:project/_apis/millrace/localruns', async (request, reply) => {
    requireUser(request);
    const body = (request.body ?? {}) as Body;
    if (typeof body.directory !== 'string' || typeof body.file !== 'string')
      throw invalid("A local run needs 'directory' (an absolute path) and 'file' (the pipeline in it).");
    const names = (value: unknown) => (Array.isArray(value) ? value.map(String) : []);
    const run = await queueRun.queue({
      project: await projectOf(context, request),
      directory: body.directory,
      file: body.file,
      ...(typeof body.text === 'string' ? { text: body.text } : {}),
      variables: readVariables((body.variables as object | undefined) ?? {}),
      groups: Object.fromEntries(
        Object.entries((body.groups as Record<string, object> | undefined) ?? {}).map(([name, values]) => [
          name,
          readVariables(values),
        ]),
      ),
      repositories: placesOf(body.repositories),
      templateParameters: (body.templateParameters as Record<string, unknown> | undefined) ?? {},
      stages: names(body.stages),
      jobs: names(body.jobs),
      options: {
        strict: body.strict === true,
        cleanCheckout: body.cleanCheckout === true,
        az: body.az === 'real' ? 'real' : 'embedded',
        local: true,
      },
      reason: 'Manual',
    });
    reply.code(201);
    return {
      id: run.runId,
      name: run.number,
      state: run.state.state,
      createdDate: run.queuedAt,
      pipeline: run.info.definition,
      provisioned: run.info.provisioned,
      warnings: run.info.warnings,
    };
  });
}
