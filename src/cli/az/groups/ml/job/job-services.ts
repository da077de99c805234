import type { Args, Argument } from '../../../command.ts';
import { usageError } from '../../../errors.ts';
import { compact } from '../entity.ts';
import type { Workspace } from '../workspace/scope.ts';
import { historyBase } from './run-history.ts';

type Instances = { readonly instances?: Readonly<Record<string, Record<string, unknown>>> | null };

export const nodeIndexArgument: Argument = {
  name: 'node_index',
  options: ['--node-index', '-i'],
  kind: 'value',
  help: 'The index of the node whose services are meant. Default: 0.',
};

/** The node that is meant. @throws a usage error for what is no number */
export function nodeIndexOf(args: Args): string {
  const node = args.text('node_index') ?? '0';
  if (!/^\d+$/.test(node)) throw usageError(`argument --node-index/-i: invalid int value: '${node}'`);
  return node;
}

/** The services of a job's node by their names, as az prints them; none where there are none. */
export async function jobServices(
  workspace: Workspace,
  job: string,
  node: string,
): Promise<Record<string, Record<string, unknown>>> {
  const path = `${await historyBase(workspace)}/runs/${encodeURIComponent(job)}/serviceinstances/${node}`;
  const { instances } = await workspace.arm.json<Instances>({ path });
  return Object.fromEntries(
    Object.entries(instances ?? {}).map(([key, service]) => {
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
}
