import type { Command } from '../../../command.ts';
import { commandError } from '../../../errors.ts';
import { keyValues } from '../../../key-values.ts';
import { nameArgument, noWaitArgument, tagsArgument } from '../../../shared-arguments.ts';
import { checkYaml } from '../load/check-yaml.ts';
import { applyUpdates, updateArguments } from '../load/generic-update.ts';
import type { YamlMap } from '../load/yaml-value.ts';
import { ASSET_API } from '../references.ts';
import { openWorkspace, segment, workspaceArguments } from '../workspace/scope.ts';
import { applyIdentities, identityArguments } from './compute-arguments.ts';
import { type ComputeResource, computeEntity } from './compute-entity.ts';
import { computeShape, computeTypeOf } from './compute-shape.ts';
import { putCompute } from './put-compute.ts';

const COUNTS = ['min_instances', 'max_instances', 'idle_time_before_scale_down'];

export const command: Command = {
  name: 'ml compute update',
  summary: 'Update a compute target.',
  arguments: [
    ...workspaceArguments,
    nameArgument('compute target'),
    { name: 'min_instances', options: ['--min-instances'], kind: 'value', help: 'Minimum number of nodes.' },
    { name: 'max_instances', options: ['--max-instances'], kind: 'value', help: 'Maximum number of nodes.' },
    {
      name: 'idle_time_before_scale_down',
      options: ['--idle-time-before-scale-down', '-d'],
      kind: 'value',
      help: 'Node idle time in seconds before scaling down.',
    },
    ...identityArguments,
    tagsArgument('compute'),
    ...updateArguments,
    noWaitArgument,
  ],
  async run(context, args) {
    const workspace = await openWorkspace(context, args);
    const name = args.need('name');
    const path = workspace.path(`/computes/${segment(name)}`);
    const resource = await workspace.arm.json<ComputeResource>({ path, apiVersion: ASSET_API.computes });
    const data = applyUpdates(computeEntity(resource), args) as YamlMap;
    // The service hides a password: what it shows cannot be sent back (client source).
    delete data['ssh_settings'];
    if (computeTypeOf(data) === 'virtualmachine')
      throw commandError(`Compute ${name} is of type virtualmachine, which cannot be updated. Detach and attach it.`);
    for (const key of COUNTS) if (args.text(key) !== undefined) data[key] = args.need(key);
    if (args.text('identity_type') !== undefined) data['identity'] = { type: args.need('identity_type') };
    applyIdentities(args, data);
    const tags = args.list('tags');
    if (tags) data['tags'] = keyValues(tags);
    checkYaml(data, computeShape(data), name, 'compute');
    return putCompute(context, args, { file: name, folder: context.io.cwd, data });
  },
};
