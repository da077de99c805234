import { type Arm, MANAGEMENT } from '../../../arm.ts';
import type { Args, Argument, Context } from '../../../command.ts';

/** The workspace that a command works in. */
export type Workspace = {
  readonly kind: 'workspace';
  readonly arm: Arm;
  /** The workspace's resource id. */
  readonly id: string;
  readonly subscription: string;
  readonly group: string;
  readonly name: string;
  /** The address of a path below the workspace, for `arm`. */
  path(below: string): string;
  /** The workspace itself, read once. */
  resource(): Promise<WorkspaceResource>;
};

export type WorkspaceResource = {
  readonly id: string;
  readonly name: string;
  readonly location: string;
  readonly tags?: Record<string, string>;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly identity?: unknown;
};

export const WORKSPACE_API = '2024-10-01-preview';

export const groupArgument: Argument = {
  name: 'group',
  options: ['--resource-group', '-g'],
  kind: 'value',
  required: true,
  configured: 'group',
  help: 'Name of resource group. You can configure the default group using `az configure --defaults group=<name>`.',
};

/** What every command inside a workspace takes. */
export const workspaceArguments: readonly Argument[] = [
  groupArgument,
  {
    name: 'workspace',
    options: ['--workspace-name', '-w'],
    kind: 'value',
    required: true,
    configured: 'workspace',
    help: 'Name of the Azure ML workspace. You can configure the default workspace using `az configure --defaults workspace=<name>`.',
  },
];

/** Opens the workspace that the arguments name. Nothing is asked of the server yet. */
export async function openWorkspace(context: Context, args: Args): Promise<Workspace> {
  const arm = await context.arm();
  return workspaceOf(arm, args.need('group'), args.need('workspace'));
}

/** A workspace by its names, in the session's subscription. */
export function workspaceOf(arm: Arm, group: string, name: string): Workspace {
  const subscription = arm.subscriptionId;
  const encoded = [subscription, group, name].map(encodeURIComponent);
  const id = `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.MachineLearningServices/workspaces/${name}`;
  const root = `/subscriptions/${encoded[0]}/resourceGroups/${encoded[1]}/providers/Microsoft.MachineLearningServices/workspaces/${encoded[2]}`;
  let resource: Promise<WorkspaceResource> | undefined;
  return {
    kind: 'workspace',
    arm,
    id,
    subscription,
    group,
    name,
    path: (below) => `${MANAGEMENT}${root}${below}`,
    resource() {
      resource ??= arm.json<WorkspaceResource>({ path: root, apiVersion: WORKSPACE_API });
      return resource;
    },
  };
}

/** A path segment of a name that came from outside. */
export const segment = (name: string) => encodeURIComponent(name);

/** The workspace where it is the thing that the command is about. */
export const nameOfWorkspace: Argument = {
  name: 'name',
  options: ['--name', '-n'],
  kind: 'value',
  required: true,
  configured: 'workspace',
  help: 'Name of the Azure ML workspace.',
};
