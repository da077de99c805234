import type { Command } from '../../../command.ts';
import { compact } from '../entity.ts';
import { openWorkspace, workspaceArguments } from '../workspace/scope.ts';
import { LOCATION_API, locationOption, locationPath } from './location.ts';

type Size = Readonly<Record<string, unknown>> & { readonly supportedComputeTypes?: readonly string[] };

const COLUMNS = [
  'name',
  'family',
  'v_cp_us',
  'gpus',
  'os_vhd_size_mb',
  'max_resource_volume_mb',
  'memory_gb',
  'low_priority_capable',
  'premium_io',
  'supported_compute_types',
];

export const command: Command = {
  name: 'ml compute list-sizes',
  summary: 'List the VM sizes available by location.',
  arguments: [
    ...workspaceArguments,
    locationOption,
    {
      name: 'type',
      options: ['--type', '-t'],
      kind: 'value',
      help: 'The type of compute target: AmlCompute, ComputeInstance.',
    },
  ],
  table: (result) =>
    (result as Record<string, unknown>[]).map((size) =>
      Object.fromEntries(COLUMNS.map((column) => [column, size[column] ?? null])),
    ),
  async run(context, args) {
    const workspace = await openWorkspace(context, args);
    const sizes = await workspace.arm.json<{ value?: Size[] }>({
      path: await locationPath(workspace, args, 'vmSizes'),
      apiVersion: LOCATION_API,
    });
    const type = args.text('type')?.toLowerCase();
    const fits = (size: Size) =>
      type === undefined || (size.supportedComputeTypes ?? []).some((one) => one.toLowerCase() === type);
    return (sizes.value ?? []).filter(fits).map((size) =>
      compact({
        name: size['name'],
        family: size['family'],
        v_cp_us: size['vCPUs'],
        gpus: size['gpus'],
        os_vhd_size_mb: size['osVhdSizeMB'],
        max_resource_volume_mb: size['maxResourceVolumeMB'],
        memory_gb: size['memoryGB'],
        low_priority_capable: size['lowPriorityCapable'],
        premium_io: size['premiumIO'],
        // The clients print Python's text of the list (recorded).
        supported_compute_types: size.supportedComputeTypes
          ? `[${size.supportedComputeTypes.map((one) => `'${one}'`).join(', ')}]`
          : undefined,
      }),
    );
  },
};
