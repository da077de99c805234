import type { Argument, Command } from '../../../command.ts';
import { commandError } from '../../../errors.ts';
import { nameArgument } from '../../../shared-arguments.ts';
import { withResourceGroups } from '../entity.ts';
import { ASSET_API } from '../references.ts';
import { openWorkspace, segment, workspaceArguments } from '../workspace/scope.ts';
import { type AssetResource, versionArgument } from './asset-api.ts';
import { type AssetKind, nounOf } from './asset-kind.ts';
import { openRegistry } from './asset-scope.ts';

const needed = (name: string, help: string): Argument => ({
  name,
  options: [`--${name.replaceAll('_', '-')}`],
  kind: 'value',
  required: true,
  help,
});

/**
 * The command that copies a version of a workspace's asset to a registry, under a name and version of its own, and shows it there.
 * The copy is the registry's work (client source).
 */
export function shareCommand(kind: AssetKind): Command {
  const noun = nounOf(kind);
  return {
    name: `ml ${kind.group} share`,
    summary: `Share a specific ${noun} from workspace to registry.`,
    arguments: [
      ...workspaceArguments,
      nameArgument(noun),
      { ...versionArgument(noun), required: true },
      needed('registry_name', 'Destination registry.'),
      needed('share_with_name', `Name of the ${noun} to be created with.`),
      needed('share_with_version', `Version of the ${noun} to be created with.`),
    ],
    examples: [
      {
        text: `Share ${kind.what} of a workspace with a registry`,
        command: `az ml ${kind.group} share --name my-${kind.group} --version 1 --registry-name my-registry --share-with-name my-${kind.group} --share-with-version 1 -g my-resource-group -w my-workspace`,
      },
    ],
    async run(context, args) {
      const workspace = await openWorkspace(context, args);
      const { location, properties } = await workspace.resource();
      const registry = await openRegistry(workspace.arm, args.need('registry_name'));
      const [name, version] = [args.need('share_with_name'), args.need('share_with_version')];
      const path = registry.path(`/${kind.type}/${segment(name)}/versions/${segment(version)}`);
      const there = { path, apiVersion: ASSET_API[kind.type] };
      if (await registry.arm.find(there))
        throw commandError(
          `The registry ${registry.name} has ${kind.what} ${name}:${version} already. Choose another --share-with-version.`,
        );
      const source = `azureml://locations/${location}/workspaces/${String(properties['workspaceId'])}/${kind.type}/${args.need('name')}/versions/${args.need('version')}`;
      await registry.arm.operate({
        method: 'POST',
        path: registry.path('/import'),
        apiVersion: ASSET_API[kind.type],
        body: { properties: { sourceAssetId: source, destinationName: name, destinationVersion: version } },
      });
      return withResourceGroups(kind.entity(await registry.arm.json<AssetResource>(there)));
    },
  };
}
