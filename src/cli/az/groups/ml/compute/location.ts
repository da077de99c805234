import type { Args, Argument } from '../../../command.ts';
import type { Workspace } from '../workspace/scope.ts';

export const LOCATION_API = '2023-08-01-preview';

export const locationOption: Argument = {
  name: 'location',
  options: ['--location', '-l'],
  kind: 'value',
  configured: 'location',
  help: 'Defaults to workspace location.',
};

/** The address of what a location has, `--location` or the workspace's. */
export async function locationPath(workspace: Workspace, args: Args, below: string): Promise<string> {
  const location = args.text('location') ?? (await workspace.resource()).location;
  const place = encodeURIComponent(location);
  return `/subscriptions/${workspace.subscription}/providers/Microsoft.MachineLearningServices/locations/${place}/${below}`;
}
