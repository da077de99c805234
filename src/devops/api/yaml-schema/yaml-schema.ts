import type { FastifyInstance } from 'fastify';
import type { TaskManifest } from '../../../contracts/task.ts';
import type { ServiceTask } from '../../../language/index.ts';
import { jsonSchema, type SchemaTask } from '../../../language/json-schema.ts';
import { requireUser } from '../../wire/access.ts';
import type { ApiContext } from '../context.ts';

/** The language as a JSON Schema, with the inputs of the service's tasks, here or not: what editors complete and check by. */
export function addYamlSchemaRoutes(service: FastifyInstance, { tasks }: ApiContext): void {
  service.get('/:organisation/_apis/distributedtask/yamlschema', async (request) => {
    requireUser(request);
    const unbuilt = tasks.serviceTasks().filter(({ name, major }) => !tasks.find(name, major));
    return jsonSchema([...tasks.all().map(schemaTask), ...unbuilt.map(schemaOfUnbuilt)]);
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

function schemaOfUnbuilt({ name, major, inputs }: ServiceTask): SchemaTask {
  return {
    reference: `${name}@${major}`,
    description: "One of the service's own tasks; no run of Millrace does it yet.",
    inputs: inputs.map((input) => ({
      names: [input.name],
      description: input.required ? 'Needed.' : '',
    })),
  };
}
