import type { Argument, Command } from '../../../command.ts';
import { fileArgument, noWaitArgument, setArgument, tagsArgument } from '../../../shared-arguments.ts';
import { readAssetSource, requireName } from '../asset/asset-file.ts';
import { REGISTRY_API, registryFileArguments, registryPath } from './registry-api.ts';
import { madeRegistry, type RegistryResource } from './registry-entity.ts';
import { REGISTRY_SHAPE, registryToWire } from './registry-file.ts';

const value = (name: string, help: string): Argument => ({
  name,
  options: [`--${name.replaceAll('_', '-')}`],
  kind: 'value',
  help,
});

/** What `create` and `update` both take. */
export const registrySettings: readonly Argument[] = [
  fileArgument('registry'),
  value('display_name', 'Display name for the registry.'),
  value('public_network_access', 'Whether the registry can be reached from public networks.'),
  tagsArgument('registry'),
];

export const command: Command = {
  name: 'ml registry create',
  summary: 'Create a registry.',
  arguments: [...registryFileArguments, ...registrySettings, setArgument, noWaitArgument],
  async run(context, args) {
    const flags = { display_name: 'display_name', public_network_access: 'public_network_access' };
    const source = readAssetSource(args, context.io.cwd, 'registry', REGISTRY_SHAPE, flags);
    const name = requireName(source, 'registry');
    const arm = await context.arm();
    const path = registryPath(arm, args.need('group'), name);
    const body = registryToWire(source.data);
    const created = await arm.operate<RegistryResource>(
      { method: 'PUT', path, apiVersion: REGISTRY_API, body },
      !args.flag('no_wait'),
    );
    return created && madeRegistry(created);
  },
};
