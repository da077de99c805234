import type { Command } from '../../../command.ts';
import { maxResults, maxResultsArgument } from '../list-arguments.ts';
import { groupArgument } from '../workspace/scope.ts';
import { REGISTRY_API, registriesPath } from './registry-api.ts';
import { type RegistryResource, registryEntity, registryTable } from './registry-entity.ts';

export const command: Command = {
  name: 'ml registry list',
  summary: 'List all the registries in a subscription or resource group.',
  arguments: [{ ...groupArgument, required: false }, maxResultsArgument],
  table: registryTable,
  async run(context, args) {
    const arm = await context.arm();
    const request = { path: registriesPath(arm, args.text('group')), apiVersion: REGISTRY_API };
    return (await arm.list<RegistryResource>(request, maxResults(args))).map(registryEntity);
  },
};
