import type { Command } from '../../../command.ts';
import { REGISTRY_API, registryArguments, registryPath } from './registry-api.ts';
import { type RegistryResource, registryEntity, registryTable } from './registry-entity.ts';

export const command: Command = {
  name: 'ml registry show',
  summary: 'Show details for a registry.',
  arguments: registryArguments,
  table: registryTable,
  async run(context, args) {
    const arm = await context.arm();
    const path = registryPath(arm, args.need('group'), args.need('name'));
    return registryEntity(await arm.json<RegistryResource>({ path, apiVersion: REGISTRY_API }));
  },
};
