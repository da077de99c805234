import type { Command } from '../../../command.ts';
import { commandError } from '../../../errors.ts';
import { keyValues } from '../../../key-values.ts';
import { noWaitArgument } from '../../../shared-arguments.ts';
import { readAssetSource, requireName } from '../asset/asset-file.ts';
import { checkYaml } from '../load/check-yaml.ts';
import { applyUpdates, updateArguments } from '../load/generic-update.ts';
import type { YamlMap } from '../load/yaml-value.ts';
import { registrySettings } from './create.ts';
import { REGISTRY_API, registryFileArguments, registryPath } from './registry-api.ts';
import { madeRegistry, type RegistryResource, registryEntity } from './registry-entity.ts';
import { REGISTRY_SHAPE, registryToWire } from './registry-file.ts';

export const command: Command = {
  name: 'ml registry update',
  summary: 'Update a registry.',
  arguments: [...registryFileArguments, ...registrySettings, ...updateArguments, noWaitArgument],
  async run(context, args) {
    const arm = await context.arm();
    const flags = { display_name: 'display_name', public_network_access: 'public_network_access' };
    const file =
      args.text('file') === undefined
        ? undefined
        : readAssetSource(args, context.io.cwd, 'registry', REGISTRY_SHAPE, flags);
    const name = args.text('name') ?? (file ? requireName(file, 'registry') : undefined);
    if (name === undefined)
      throw commandError("No registry is named. Pass --name, or a YAML file that has the registry's name.");
    const path = registryPath(arm, args.need('group'), name);
    const current = await arm.json<RegistryResource>({ path, apiVersion: REGISTRY_API });
    const data: YamlMap = file?.data ?? (applyUpdates(registryEntity(current), args) as YamlMap);
    delete data['resourceGroup'];
    if (args.text('public_network_access')) data['public_network_access'] = args.need('public_network_access');
    const tags = args.list('tags');
    if (tags) data['tags'] = keyValues(tags);
    checkYaml(data, REGISTRY_SHAPE, name, 'registry');
    const updated = await arm.operate<RegistryResource>(
      { method: 'PUT', path, apiVersion: REGISTRY_API, body: registryToWire(data) },
      !args.flag('no_wait'),
    );
    return updated && madeRegistry(updated);
  },
};
