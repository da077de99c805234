import type { FastifyInstance } from 'fastify';
import type { TaskManifest } from '../../../contracts/task.ts';
import { jsonSchema, type SchemaTask } from '../../../language/json-schema.ts';
import { requireUser } from '../../wire/access.ts';
import type { ApiContext } from '../context.ts';

/** The language as a JSON Schema, with the inputs of the tasks that are here: what editors complete and check by. */
export function addYamlSchemaRoutes(service: FastifyInstance, { tasks }: ApiContext): void {
  service.get('/:organisation/_apis/distributedtask/yamlschema', async (request) => {
    requireUser(request);
    return jsonSchema(tasks.all().map(schemaTask));
  });
}

function schemaTask(manifest: TaskManifest): SchemaTask {
  return {
    reference: `${manifest.name}@${manifest.version.Major}`,
    description: manifest.description,
    inputs: manifest.inputs.map((input) => ({
      names: [...new Set([...(input.aliases ?? []), input.name])],
      description: input.helpMarkDown ?? input.label,
      ...(input.options ? { options: Object.keys(input.options) } : {}),
    })),
  };
}
