import type { Command } from '../../../command.ts';
import { usageError } from '../../../errors.ts';
import { compact } from '../entity.ts';
import { openWorkspace, workspaceArguments } from '../workspace/scope.ts';
import { jobNameArgument } from './job-api.ts';
import { historyBase } from './run-history.ts';

type Instances = { readonly instances?: Readonly<Record<string, Record<string, unknown>>> | null };

export const command: Command = {
  name: 'ml job show-services',
  summary: 'Show services of a job per node.',
  arguments: [
    ...workspaceArguments,
    jobNameArgument,
    {
      name: 'node_index',
      options: ['--node-index', '-i'],
      kind: 'value',
      help: 'The index of the node for which the services have to be shown. Default: 0.',
    },
  ],
  async run(context, args) {
    const node = args.text('node_index') ?? '0';
    if (!/^\d+$/.test(node)) throw usageError(`argument --node-index/-i: invalid int value: '${node}'`);
    const workspace = await openWorkspace(context, args);
    const name = encodeURIComponent(args.need('name'));
    const path = `${await historyBase(workspace)}/runs/${name}/serviceinstances/${node}`;
    const { instances } = await workspace.arm.json<Instances>({ path });
    if (!instances || Object.keys(instances).length === 0) return undefined;
    return Object.fromEntries(
      Object.entries(instances).map(([key, service]) => {
        const error = (service['error'] as { error?: { message?: string } } | null | undefined)?.error?.message;
        const endpoint = typeof service['endpoint'] === 'string' ? service['endpoint'] : undefined;
        return [
          key,
          compact({
            type: service['type'],
            port: service['port'],
            status: service['status'],
            error,
            endpoint: endpoint?.replace('<nodeIndex>', node),
            properties: service['properties'],
          }),
        ];
      }),
    );
  },
};
