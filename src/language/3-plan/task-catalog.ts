import { ruleHolds } from './visible-rule.ts';

/** What the planner reads of a task's manifest; the shape of the public `task.json`. */
export type TaskManifestLike = {
  readonly id: string;
  readonly name: string;
  readonly version: { readonly Major: number };
  readonly inputs: readonly {
    readonly name: string;
    readonly aliases?: readonly string[];
    readonly required?: boolean;
    readonly defaultValue?: string;
    readonly type: string;
    readonly visibleRule?: string;
  }[];
  readonly instanceNameFormat?: string;
  readonly friendlyName?: string;
  readonly runsOn?: readonly string[];
};

export type TaskCatalog = {
  /** Finds a task by its name or id, in any case, and its major version. Undefined: there is no such task here. */
  find(nameOrId: string, majorVersion: string): TaskManifestLike | undefined;
  /** What is known of one of the service's own tasks, here or not, by its name or id. Undefined: the service has none such. */
  serviceTask?(nameOrId: string, majorVersion: string): ServiceTask | undefined;
};

/** One of the service's own tasks as far as it is known: not all the names that an input goes by, and not the newest inputs. */
export type ServiceTask = {
  readonly name: string;
  readonly major: string;
  readonly inputs: readonly {
    readonly name: string;
    /** Needed whatever the other inputs are. */
    readonly required: boolean;
  }[];
};

/** Tasks that the agent brings itself: a catalog need not know them. */
const builtIn: Readonly<Record<string, string>> = {
  '6d15af64-176c-496d-b583-fd2ae21d4df4': 'Checkout',
  '30f35852-3f7e-4c0c-9a88-e127b4f97211': 'DownloadPipelineArtifact',
  'ecdc45f6-832d-4ad9-b52b-ee49e94659be': 'PublishPipelineArtifact',
};

export const checkoutTaskId = '6d15af64-176c-496d-b583-fd2ae21d4df4';
export const downloadTaskId = '30f35852-3f7e-4c0c-9a88-e127b4f97211';

/** The name of a task that the agent brings itself, by its id; undefined for others. */
export function builtInTaskName(id: string): string | undefined {
  return id.length === checkoutTaskId.length ? builtIn[id.toLowerCase()] : undefined;
}

/** Inputs under the names of the manifest, aliases resolved, case ignored; what the manifest doesn't know is passed as written. */
export function resolveInputs(
  inputs: Readonly<Record<string, string>>,
  task: TaskManifestLike | undefined,
): Readonly<Record<string, string>> {
  if (!task) return inputs;
  const names = new Map<string, string>();
  for (const input of task.inputs ?? []) {
    for (const alias of input.aliases ?? []) names.set(alias.toLowerCase(), input.name);
  }
  for (const input of task.inputs ?? []) names.set(input.name.toLowerCase(), input.name);
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [names.get(name.toLowerCase()) ?? name, value]),
  );
}

/** Whether a task may stand in a job of an agent or of the server; a manifest that doesn't say may run anywhere. */
export function canRun({ runsOn }: TaskManifestLike, target: 'agent' | 'server'): boolean {
  if (!runsOn || runsOn.length === 0) return true;
  return runsOn.some((one) => one.toLowerCase().startsWith('server') === (target === 'server'));
}

/** The required inputs that are visible for certain and have neither a value nor a default. */
export function missingInputs(inputs: Readonly<Record<string, string>>, task: TaskManifestLike): string[] {
  const value = (name: string) => {
    const input = task.inputs.find((one) => one.name.toLowerCase() === name.toLowerCase());
    return (input && inputs[input.name]) ?? input?.defaultValue ?? '';
  };
  return task.inputs
    .filter(
      (input) => input.required && value(input.name).trim() === '' && ruleHolds(input.visibleRule, value) === true,
    )
    .map((input) => input.name);
}
