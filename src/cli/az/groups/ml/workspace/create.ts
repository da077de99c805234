import type { Argument, Command } from '../../../command.ts';
import {
  fileArgument,
  locationArgument,
  nameArgument,
  noWaitArgument,
  setArgument,
  tagsArgument,
} from '../../../shared-arguments.ts';
import { GROUP_API, groupPath } from '../../group/resource-group.ts';
import { readAssetSource, requireName } from '../asset/asset-file.ts';
import { pythonText } from '../load/yaml-value.ts';
import { groupArgument, WORKSPACE_API, type WorkspaceResource, workspaceOf } from './scope.ts';
import { SETTING_FLAGS, workspaceSettings } from './workspace-arguments.ts';
import { workspaceEntity } from './workspace-entity.ts';
import { WORKSPACE_SHAPE, workspaceIdentity, workspaceProperties, workspaceTags } from './workspace-file.ts';

const value = (name: string, help: string, ...short: readonly string[]): Argument => ({
  name,
  options: [`--${name.replaceAll('_', '-')}`, ...short],
  kind: 'value',
  help,
});

/** What the public client's template says of a workspace that says nothing of it (recorded). */
const UNSAID = {
  allowRoleAssignmentOnRG: true,
  enableDataIsolation: false,
  managedNetwork: { isolationMode: 'Disabled' },
  provisionNetworkNow: false,
};

export const command: Command = {
  name: 'ml workspace create',
  summary: 'Create a workspace.',
  arguments: [
    groupArgument,
    fileArgument('workspace'),
    // Unlike the other commands', this name is not the default workspace's.
    nameArgument('Azure ML workspace', false),
    locationArgument('The location of the workspace. Default: the resource group’s.'),
    ...workspaceSettings,
    value('storage_account', 'ARM id of the storage account of the workspace.', '-s'),
    value('key_vault', 'ARM id of the key vault of the workspace.', '-k'),
    {
      name: 'provision_network_now',
      options: ['--provision-network-now'],
      // In the public client this one takes a value.
      kind: 'value',
      help: 'Whether the managed network is provisioned with the workspace.',
    },
    {
      name: 'enable_data_isolation',
      options: ['--enable-data-isolation', '-e'],
      kind: 'flag',
      help: 'Keep the data of the workspace apart. Only at its creation.',
    },
    value('kind', 'The kind of workspace: default, hub, project.'),
    value('hub_id', 'Project kind only: ARM id of the parent hub.'),
    value('default_resource_group', 'Hub kind only: the resource group of its projects.'),
    tagsArgument('workspace'),
    setArgument,
    noWaitArgument,
  ],
  async run(context, args) {
    const source = readAssetSource(args, context.io.cwd, 'workspace', WORKSPACE_SHAPE, {
      ...SETTING_FLAGS,
      location: 'location',
      storage_account: 'storage_account',
      key_vault: 'key_vault',
      kind: 'kind',
      hub_id: 'hub_id',
      default_resource_group: 'default_resource_group',
      provision_network_now: 'provision_network_now',
    });
    const { data } = source;
    if (args.flag('enable_data_isolation')) data['enable_data_isolation'] = true;
    const name = requireName(source, 'workspace');
    const arm = await context.arm();
    const group = args.need('group');
    const workspace = workspaceOf(arm, group, name);
    const location = data['location']
      ? pythonText(data['location'])
      : (await arm.json<{ location: string }>({ path: groupPath(arm.subscriptionId, group), apiVersion: GROUP_API }))
          .location;
    const identity = workspaceIdentity(data['identity']);
    // The public client deploys a template that makes the storage account, vault and the rest too. Here the server makes
    // what a workspace needs, so the workspace is put itself.
    const created = await arm.operate<WorkspaceResource>(
      {
        method: 'PUT',
        path: workspace.path(''),
        apiVersion: WORKSPACE_API,
        body: {
          location,
          ...(data['kind'] ? { kind: pythonText(data['kind']) } : {}),
          ...(identity ? { identity } : {}),
          ...workspaceTags(data),
          properties: { friendlyName: name, ...UNSAID, ...workspaceProperties(data) },
        },
      },
      !args.flag('no_wait'),
    );
    return created && workspaceEntity(created);
  },
};
