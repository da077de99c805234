import type { Command } from '../../../command.ts';
import { compact } from '../entity.ts';
import { openWorkspace, workspaceArguments } from '../workspace/scope.ts';
import { LOCATION_API, locationOption, locationPath } from './location.ts';

type Usage = Readonly<Record<string, unknown>> & { readonly name?: { value?: string; localizedValue?: string } };

export const command: Command = {
  name: 'ml compute list-usage',
  summary: 'List the available usage resources for VMs.',
  arguments: [...workspaceArguments, locationOption],
  table: (result) =>
    (result as Record<string, unknown>[]).map((usage) => ({
      aml_workspace_location: usage['aml_workspace_location'] ?? null,
      type: usage['type'] ?? null,
      unit: usage['unit'] ?? null,
      current_value: usage['current_value'] ?? null,
      limit: usage['limit'] ?? null,
      name: (usage['name'] as { value?: string } | undefined)?.value ?? null,
    })),
  async run(context, args) {
    const workspace = await openWorkspace(context, args);
    const usages = await workspace.arm.list<Usage>({
      path: await locationPath(workspace, args, 'usages'),
      apiVersion: LOCATION_API,
    });
    return usages.map((usage) =>
      compact({
        id: usage['id'],
        aml_workspace_location: usage['amlWorkspaceLocation'],
        type: usage['type'],
        unit: usage['unit'],
        current_value: usage['currentValue'],
        limit: usage['limit'],
        name: usage.name && compact({ value: usage.name.value, localized_value: usage.name.localizedValue }),
      }),
    );
  },
};
