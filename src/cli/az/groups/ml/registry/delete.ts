import type { Command } from '../../../command.ts';
import { REGISTRY_API, registryArguments, registryPath } from './registry-api.ts';

export const command: Command = {
  name: 'ml registry delete',
  summary: 'Delete a given registry.',
  arguments: registryArguments,
  async run(context, args) {
    const arm = await context.arm();
    const path = registryPath(arm, args.need('group'), args.need('name'));
    await arm.operate({ method: 'DELETE', path, apiVersion: REGISTRY_API });
    return undefined;
  },
};
