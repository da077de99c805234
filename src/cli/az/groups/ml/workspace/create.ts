import type { Command } from '../../../command.ts';
import {
  descriptionArgument,
  fileArgument,
  locationArgument,
  noWaitArgument,
  setArgument,
  tagsArgument,
} from '../../../shared-arguments.ts';
import { GROUP_API, groupPath } from '../../group/resource-group.ts';
import { readAssetSource, requireName } from '../asset/asset-file.ts';
import { textMap } from '../job/wire-words.ts';
import { isMap, pythonText } from '../load/yaml-value.ts';
import { groupArgument, nameOfWorkspace, WORKSPACE_API, type WorkspaceResource, workspaceOf } from './scope.ts';
import { workspaceEntity } from './workspace-entity.ts';

const KEYS = [
  'name',
  'location',
  'display_name',
  'description',
  'hbi_workspace',
  'storage_account',
  'container_registry',
  'key_vault',
  'application_insights',
  'customer_managed_key',
  'image_build_compute',
  'public_network_access',
  'identity',
  'primary_user_assigned_identity',
  'managed_network',
  'tags',
  'resource_group',
  'id',
  'discovery_url',
  'mlflow_tracking_uri',
];

export const command: Command = {
  name: 'ml workspace create',
  summary: 'Create a workspace.',
  arguments: [
    groupArgument,
    fileArgument('workspace'),
    nameOfWorkspace,
    locationArgument('The location of the workspace. Default: the resource group’s.'),
    { name: 'display_name', options: ['--display-name', '-d'], kind: 'value', help: 'Display name of the workspace.' },
    descriptionArgument('workspace'),
    tagsArgument('workspace'),
    setArgument,
    noWaitArgument,
  ],
  async run(context, args) {
    const source = readAssetSource(args, context.io.cwd, 'workspace', KEYS, {
      location: 'location',
      display_name: 'display_name',
    });
    const { data } = source;
    const name = requireName(source, 'workspace');
    const arm = await context.arm();
    const workspace = workspaceOf(arm, args.need('group'), name);
    const location = data['location']
      ? pythonText(data['location'])
      : (
          await arm.json<{ location: string }>({
            path: groupPath(arm.subscriptionId, args.need('group')),
            apiVersion: GROUP_API,
          })
        ).location;
    // The public client deploys a template that makes the storage account, vault and the rest too. Here the server makes
    // what a workspace needs, so the workspace is put itself.
    const created = await arm.operate<WorkspaceResource>(
      {
        method: 'PUT',
        path: workspace.path(''),
        apiVersion: WORKSPACE_API,
        body: {
          location,
          ...(isMap(data['tags']) ? { tags: textMap(data['tags']) } : {}),
          properties: {
            friendlyName: pythonText(data['display_name'] ?? name),
            ...(data['description'] ? { description: pythonText(data['description']) } : {}),
          },
        },
      },
      !args.flag('no_wait'),
    );
    return created && workspaceEntity(created);
  },
};
