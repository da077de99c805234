import type { Command } from '../../../command.ts';
import { commandError, usageError } from '../../../errors.ts';
import {
  descriptionArgument,
  fileArgument,
  locationArgument,
  nameArgument,
  noWaitArgument,
  setArgument,
  tagsArgument,
} from '../../../shared-arguments.ts';
import { readAssetSource, requireName } from '../asset/asset-file.ts';
import { withResourceGroups } from '../entity.ts';
import { isoDuration } from '../job/duration.ts';
import { identityToWire, textMap, wholeNumber } from '../job/wire-words.ts';
import { isMap, pythonText, type YamlMap } from '../load/yaml-value.ts';
import { notImplementedHere } from '../not-implemented.ts';
import { ASSET_API } from '../references.ts';
import { openWorkspace, segment, workspaceArguments } from '../workspace/scope.ts';
import { type ComputeResource, computeEntity } from './compute-entity.ts';

const KEYS = [
  'name',
  'type',
  'size',
  'tier',
  'min_instances',
  'max_instances',
  'idle_time_before_scale_down',
  'location',
  'network_settings',
  'ssh_settings',
  'ssh_public_access_enabled',
  'identity',
  'enable_node_public_ip',
  'tags',
  'description',
  'id',
  'provisioning_state',
];

export const command: Command = {
  name: 'ml compute create',
  summary: 'Create a compute target.',
  arguments: [
    ...workspaceArguments,
    fileArgument('compute'),
    nameArgument('compute target', false),
    { name: 'type', options: ['--type', '-t'], kind: 'value', help: 'The type of compute target: AmlCompute.' },
    {
      name: 'size',
      options: ['--size'],
      kind: 'value',
      help: 'VM size to use for the compute target. Here its cores and memory count.',
    },
    {
      name: 'tier',
      options: ['--tier'],
      kind: 'value',
      choices: ['dedicated', 'low_priority'],
      help: 'VM priority tier.',
    },
    {
      name: 'min_instances',
      options: ['--min-instances'],
      kind: 'value',
      help: 'Minimum number of nodes. Default: 0.',
    },
    {
      name: 'max_instances',
      options: ['--max-instances'],
      kind: 'value',
      help: 'Maximum number of nodes. Default: 1.',
    },
    {
      name: 'idle_time',
      options: ['--idle-time-before-scale-down'],
      kind: 'value',
      help: 'Node idle time in seconds before scaling down.',
    },
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
  async run(context, args) {
    const flags = {
      type: 'type',
      size: 'size',
      tier: 'tier',
      min_instances: 'min_instances',
      max_instances: 'max_instances',
      idle_time: 'idle_time_before_scale_down',
      location: 'location',
    };
    const source = readAssetSource(args, context.io.cwd, 'compute', KEYS, flags);
    const { data } = source;
    const name = requireName(source, 'compute');
    if (!data['type']) throw usageError('the following arguments are required: --type/-t (or type in the YAML file)');
    const type = pythonText(data['type']).toLowerCase();
    if (type !== 'amlcompute') throw notImplementedHere(`computes of type ${type}; clusters (amlcompute) work`);
    const workspace = await openWorkspace(context, args);
    const location = data['location'] ? pythonText(data['location']) : (await workspace.resource()).location;
    const identity = identityToWire(data['identity'], 'camel');
    const body = {
      location,
      ...(identity
        ? { identity: { type: identity['identityType'] === 'Managed' ? 'SystemAssigned' : identity['identityType'] } }
        : {}),
      ...(isMap(data['tags']) ? { tags: textMap(data['tags']) } : {}),
      properties: {
        computeType: 'AmlCompute',
        ...(data['description'] ? { description: pythonText(data['description']) } : {}),
        properties: clusterProperties(data, source.file),
      },
    };
    const path = workspace.path(`/computes/${segment(name)}`);
    const request = { method: 'PUT', path, apiVersion: ASSET_API.computes, body };
    const created = await workspace.arm.operate<ComputeResource>(request, !args.flag('no_wait'));
    return created && withResourceGroups(computeEntity(created));
  },
};

function clusterProperties(data: YamlMap, file: string): Record<string, unknown> {
  const count = (key: string, fallback: number) => {
    const value = data[key];
    if (value === undefined || value === null) return fallback;
    const number = wholeNumber(value);
    if (number === undefined || number < 0)
      throw commandError(`${file}: ${key}: '${pythonText(value)}' is no whole number.`);
    return number;
  };
  const least = count('min_instances', 0);
  const most = count('max_instances', Math.max(1, least));
  if (least > most) throw commandError(`${file}: min_instances (${least}) is more than max_instances (${most}).`);
  return {
    osType: 'Linux',
    vmSize: pythonText(data['size'] ?? 'STANDARD_DS3_V2'),
    vmPriority: /^low/i.test(pythonText(data['tier'] ?? '')) ? 'LowPriority' : 'Dedicated',
    scaleSettings: {
      minNodeCount: least,
      maxNodeCount: most,
      nodeIdleTimeBeforeScaleDown: isoDuration(count('idle_time_before_scale_down', 120)),
    },
    remoteLoginPortPublicAccess: data['ssh_public_access_enabled'] === true ? 'Enabled' : 'NotSpecified',
    enableNodePublicIp: data['enable_node_public_ip'] !== false,
  };
}
