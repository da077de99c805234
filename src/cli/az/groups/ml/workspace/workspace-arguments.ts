import type { Argument } from '../../../command.ts';
import { descriptionArgument } from '../../../shared-arguments.ts';
import { ISOLATION_MODES } from './workspace-file.ts';

const value = (name: string, help: string, ...short: readonly string[]): Argument => ({
  name,
  options: [`--${name.replaceAll('_', '-')}`, ...short],
  kind: 'value',
  help,
});

/** What `create` and `update` of a workspace both take, besides where it is. */
export const workspaceSettings: readonly Argument[] = [
  value('display_name', 'Display name for the workspace.'),
  descriptionArgument('workspace'),
  value('image_build_compute', 'The compute target that builds environment images.', '-i'),
  value('public_network_access', 'Whether the workspace can be reached from public networks.'),
  value('application_insights', 'ARM id of the application insights of the workspace.', '-a'),
  value('container_registry', 'ARM id of the container registry of the workspace.', '-c'),
  value('primary_user_assigned_identity', 'ARM id of the primary user assigned managed identity.', '-p'),
  value('managed_network', `Isolation mode of the managed network: ${ISOLATION_MODES.join(', ')}.`, '-m'),
  value('system_datastores_auth_mode', 'How system datastores are signed in to: accesskey, identity.', '-d'),
  value('allow_roleassignment_on_rg', 'Whether role assignments on the resource group are allowed.', '-r'),
  {
    name: 'update_dependent_resources',
    options: ['--update-dependent-resources', '-u'],
    kind: 'flag',
    help: 'Consent to changing the container registry and the application insights of the workspace.',
  },
];

/** Arguments, and where each stands in the YAML. */
export const SETTING_FLAGS = {
  display_name: 'display_name',
  image_build_compute: 'image_build_compute',
  public_network_access: 'public_network_access',
  application_insights: 'application_insights',
  container_registry: 'container_registry',
  primary_user_assigned_identity: 'primary_user_assigned_identity',
  managed_network: 'managed_network.isolation_mode',
  system_datastores_auth_mode: 'system_datastores_auth_mode',
  allow_roleassignment_on_rg: 'allow_roleassignment_on_rg',
};
