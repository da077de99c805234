import type { Command } from '../../../command.ts';
import { nameArgument } from '../../../shared-arguments.ts';
import { compact } from '../entity.ts';
import { ASSET_API } from '../references.ts';
import { openWorkspace, segment, workspaceArguments } from '../workspace/scope.ts';

type Page = { readonly nodes?: readonly Record<string, unknown>[]; readonly nextLink?: string | null };

export const command: Command = {
  name: 'ml compute list-nodes',
  summary: 'List node details for a compute target. The only supported compute type for this command is AML compute.',
  arguments: [...workspaceArguments, nameArgument('compute target')],
  async run(context, args) {
    const { arm, path } = await openWorkspace(context, args);
    const nodes: Record<string, unknown>[] = [];
    let next: string | undefined = path(`/computes/${segment(args.need('name'))}/listNodes`);
    while (next) {
      const page: Page = await arm.json<Page>({
        method: 'POST',
        path: next,
        ...(next.includes('api-version=') ? {} : { apiVersion: ASSET_API.computes }),
        repeatable: true,
      });
      nodes.push(...(page.nodes ?? []));
      next = page.nextLink ?? undefined;
    }
    return nodes.map((node) =>
      compact({
        node_id: node['nodeId'],
        private_ip_address: node['privateIpAddress'],
        public_ip_address: node['publicIpAddress'],
        port: node['port'] === undefined || node['port'] === null ? undefined : String(node['port']),
        node_state: node['nodeState'],
        current_job_name: node['runId'],
      }),
    );
  },
};
