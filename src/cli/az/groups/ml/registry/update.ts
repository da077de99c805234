import type { Command } from '../../../command.ts';
import { keyValues } from '../../../key-values.ts';
import { noWaitArgument } from '../../../shared-arguments.ts';
import { readAssetSource } from '../asset/asset-file.ts';
import { checkYaml } from '../load/check-yaml.ts';
import { applyUpdates, updateArguments } from '../load/generic-update.ts';
import type { YamlMap } from '../load/yaml-value.ts';
import { registrySettings } from './create.ts';
import { REGISTRY_API, registryArguments, registryPath } from './registry-api.ts';
import { type RegistryResource, registryEntity } from './registry-entity.ts';
import { REGISTRY_SHAPE, registryToWire } from './registry-file.ts';

export const command: Command = {
  name: 'ml registry update',
  summary: 'Update a registry.',
  arguments: [...registryArguments, ...registrySettings, ...updateArguments, noWaitArgument],
  async run(context, args) {
    const arm = await context.arm();
    const name = args.need('name');
    const path = registryPath(arm, args.need('group'), name);
    const current = await arm.json<RegistryResource>({ path, apiVersion: REGISTRY_API });
    const flags = { display_name: 'display_name', public_network_access: 'public_network_access' };
    const data: YamlMap =
      args.text('file') === undefined
        ? (applyUpdates(registryEntity(current), args) as YamlMap)
        : readAssetSource(args, context.io.cwd, 'registry', REGISTRY_SHAPE, flags).data;
    delete data['resourceGroup'];
    if (args.text('public_network_access')) data['public_network_access'] = args.need('public_network_access');
    const tags = args.list('tags');
    if (tags) data['tags'] = keyValues(tags);
    checkYaml(data, REGISTRY_SHAPE, name, 'registry');
    const updated = await arm.operate<RegistryResource>(
      { method: 'PUT', path, apiVersion: REGISTRY_API, body: registryToWire(data) },
      !args.flag('no_wait'),
    );
    return updated && registryEntity(updated);
  },
};
