import type { Argument } from '../../command.ts';

export const GROUP_API = '2020-06-01';

/** The group's name, by the spellings that `az group` takes. */
export const groupArgument: Argument = {
  name: 'name',
  options: ['--name', '--resource-group', '-g', '-n'],
  kind: 'value',
  required: true,
  configured: 'group',
  help: 'Name of resource group. You can configure the default group using `az configure --defaults group=<name>`.',
};

/** The group's path in the resource manager. */
export function groupPath(subscription: string, name?: string): string {
  return `/subscriptions/${subscription}/resourcegroups${name === undefined ? '' : `/${encodeURIComponent(name)}`}`;
}
