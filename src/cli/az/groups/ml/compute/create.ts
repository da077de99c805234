import type { Argument, Command } from '../../../command.ts';
import { usageError } from '../../../errors.ts';
import {
  descriptionArgument,
  fileArgument,
  locationArgument,
  nameArgument,
  noWaitArgument,
  setArgument,
  tagsArgument,
} from '../../../shared-arguments.ts';
import { readAssetSource } from '../asset/asset-file.ts';
import { workspaceArguments } from '../workspace/scope.ts';
import { applyIdentities, identityArguments } from './compute-arguments.ts';
import { computeShape } from './compute-shape.ts';
import { putCompute } from './put-compute.ts';

const value = (name: string, help: string, short: readonly string[] = []): Argument => ({
  name,
  options: [`--${name.replaceAll('_', '-')}`, ...short],
  kind: 'value',
  help,
});

/** Arguments, and where each stands in the YAML. */
const FLAGS = {
  type: 'type',
  size: 'size',
  tier: 'tier',
  min_instances: 'min_instances',
  max_instances: 'max_instances',
  idle_time_before_scale_down: 'idle_time_before_scale_down',
  location: 'location',
  vnet_name: 'network_settings.vnet_name',
  subnet: 'network_settings.subnet',
  admin_username: 'ssh_settings.admin_username',
  admin_password: 'ssh_settings.admin_password',
  ssh_key_value: 'ssh_settings.ssh_key_value',
  ssh_public_access_enabled: 'ssh_public_access_enabled',
  user_tenant_id: 'create_on_behalf_of.user_tenant_id',
  user_object_id: 'create_on_behalf_of.user_object_id',
  identity_type: 'identity.type',
  enable_node_public_ip: 'enable_node_public_ip',
};

export const command: Command = {
  name: 'ml compute create',
  summary: 'Create a compute target.',
  arguments: [
    ...workspaceArguments,
    fileArgument('compute'),
    nameArgument('compute target', false),
    value('type', 'The type of compute target: AmlCompute, ComputeInstance.', ['-t']),
    value('size', 'VM size to use for the compute target. Here its cores and memory count.'),
    value('tier', 'VM priority tier: dedicated, low_priority.'),
    value('min_instances', 'Minimum number of nodes. Default: 0.'),
    value('max_instances', 'Maximum number of nodes. Default: 4.'),
    value('idle_time_before_scale_down', 'Node idle time in seconds before scaling down. Default: 120.', ['-d']),
    value('ssh_public_access_enabled', 'Whether the public SSH port is open.', ['-p']),
    value('ssh_key_value', 'SSH public key of the administrator account.'),
    value('admin_username', 'Name of the administrator account for SSH into the nodes.'),
    value('admin_password', 'Password of the administrator account.'),
    value('vnet_name', 'Name of the virtual network.'),
    value('subnet', 'Name of the subnet, or its whole resource id.'),
    value('user_tenant_id', 'Tenant of the user that a compute instance is for.'),
    value('user_object_id', 'Object id of the user that a compute instance is for.'),
    value('enable_node_public_ip', 'Whether nodes have a public IP address. Default: true.'),
    ...identityArguments,
    locationArgument('The location of the compute. Default: the workspace’s.'),
    descriptionArgument('compute'),
    tagsArgument('compute'),
    setArgument,
    noWaitArgument,
  ],
  examples: [
    {
      text: 'Create a cluster that scales from zero',
      command:
        'az ml compute create --name cpu-cluster --type AmlCompute --min-instances 0 --max-instances 4 -g my-resource-group -w my-workspace',
    },
  ],
  run(context, args) {
    if (args.text('file') === undefined && args.text('type') === undefined)
      throw usageError('the following arguments are required: --type/-t (or type in the YAML file)');
    const source = readAssetSource(args, context.io.cwd, 'compute', computeShape, FLAGS);
    applyIdentities(args, source.data);
    return putCompute(context, args, source);
  },
};
