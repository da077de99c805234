import type { Args, Command } from '../../../command.ts';
import { commandError } from '../../../errors.ts';
import { fileArgument, noWaitArgument } from '../../../shared-arguments.ts';
import { readAssetSource } from '../asset/asset-file.ts';
import { checkYaml } from '../load/check-yaml.ts';
import { applyUpdates, updateArguments } from '../load/generic-update.ts';
import { setPath } from '../load/override.ts';
import type { YamlMap } from '../load/yaml-value.ts';
import { groupArgument, nameOfWorkspace, WORKSPACE_API, type WorkspaceResource, workspaceOf } from './scope.ts';
import { SETTING_FLAGS, workspaceSettings } from './workspace-arguments.ts';
import { workspaceEntity } from './workspace-entity.ts';
import { WORKSPACE_SHAPE, workspaceIdentity, workspaceProperties, workspaceTags } from './workspace-file.ts';

/** What a change of a workspace may carry (documented); other members cannot change. */
const CHANGEABLE = [
  'description',
  'friendlyName',
  'imageBuildCompute',
  'publicNetworkAccess',
  'primaryUserAssignedIdentity',
  'applicationInsights',
  'containerRegistry',
  'managedNetwork',
  'networkAcls',
  'systemDatastoresAuthMode',
  'allowRoleAssignmentOnRG',
  'serverlessComputeSettings',
  'encryption',
  'enableDataIsolation',
];
/** Changing these may part old jobs from what made them: the client asks for consent. */
const LINEAGE = ['applicationInsights', 'containerRegistry'];

export const command: Command = {
  name: 'ml workspace update',
  summary: 'Update a workspace.',
  arguments: [
    groupArgument,
    nameOfWorkspace,
    fileArgument('workspace'),
    ...workspaceSettings,
    {
      name: 'network_acls',
      options: ['--network-acls'],
      kind: 'value',
      help: 'IP addresses or ranges that may reach the workspace, separated by commas; none takes the list away.',
    },
    ...updateArguments,
    noWaitArgument,
  ],
  async run(context, args) {
    const name = args.need('name');
    const workspace = workspaceOf(await context.arm(), args.need('group'), name);
    const current = await workspace.resource();
    const file = args.text('file') === undefined ? undefined : readFile(args, context.io.cwd);
    const before = workspaceEntity(current) as YamlMap;
    const data = file ?? (applyUpdates(before, args) as YamlMap);
    if (!file) {
      delete data['resourceGroup'];
      for (const [argument, path] of Object.entries({ ...SETTING_FLAGS, description: 'description' }))
        if (args.text(argument) !== undefined) setPath(data, path, args.need(argument));
    }
    const acls = args.text('network_acls');
    if (acls !== undefined) data['network_acls'] = networkAcls(acls);
    checkYaml(data, WORKSPACE_SHAPE, name, 'workspace');
    // What a change left as it was printed is no change, whatever the service writes beside it.
    const printed = file ? {} : workspaceProperties(workspaceEntity(current) as YamlMap);
    const properties = changes(workspaceProperties(data), { ...current.properties, ...printed }, args);
    const identity = workspaceIdentity(data['identity']);
    const updated = await workspace.arm.operate<WorkspaceResource>(
      {
        method: 'PATCH',
        path: workspace.path(''),
        apiVersion: WORKSPACE_API,
        body: {
          ...(identity && file ? { identity } : {}),
          ...(file ? { tags: { ...current.tags, ...workspaceTags(data).tags } } : workspaceTags(data)),
          properties,
        },
      },
      !args.flag('no_wait'),
    );
    return updated && workspaceEntity(updated);
  },
};

function readFile(args: Args, cwd: string): YamlMap {
  return readAssetSource(args, cwd, 'workspace', WORKSPACE_SHAPE, SETTING_FLAGS).data;
}

function changes(
  wanted: Record<string, unknown>,
  current: WorkspaceResource['properties'],
  args: Args,
): Record<string, unknown> {
  const changed = CHANGEABLE.filter(
    (key) => key in wanted && JSON.stringify(wanted[key]) !== JSON.stringify(current[key]),
  );
  const risky = changed.filter((key) => LINEAGE.includes(key));
  if (risky.length && !args.flag('update_dependent_resources'))
    throw commandError(
      `Updating ${risky.join(' and ')} of the workspace may break the lineage of jobs and deployments. Pass --update-dependent-resources/-u to confirm.`,
    );
  return Object.fromEntries(changed.map((key) => [key, wanted[key]]));
}

function networkAcls(text: string): YamlMap {
  if (/^\s*none\s*$/i.test(text)) return { default_action: 'Allow', ip_rules: [] };
  const addresses = text
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean);
  if (addresses.length === 0)
    throw commandError('--network-acls takes IP addresses or ranges separated by commas, or none.');
  return { default_action: 'Deny', ip_rules: addresses.map((value) => ({ value })) };
}
