import { conflict, DomainError, forbidden, invalid, notImplemented } from '../../kernel/errors.ts';
import type { Workspace } from '../types.ts';
import { type Call, type NamedWorkspace, namedWorkspace } from './call.ts';
import { fieldsOf, text } from './wire.ts';

/** What the client takes (its source), and as long as the workspaces of Azure ML may be (documented). */
const NAME = /^[a-z0-9][a-z0-9-]{1,31}[a-z0-9]$/;
const DEFAULT = 'default';
const DESCRIPTION_LIMIT = 10_000;

const wire = (workspace: NamedWorkspace) => {
  const { description } = workspace.properties ?? {};
  return {
    name: workspace.name,
    ...(typeof description === 'string' && description !== '' ? { description } : {}),
  };
};

/** `GET server-info`, which clients ask before they name a workspace. */
export async function serverInfo(_call: Call) {
  return { store_type: 'SqlStore', workspaces_enabled: true };
}

/** A caller whose token is good for one workspace sees and changes no other. */
function changer(call: Call) {
  const { keeper } = call.deps;
  if (call.principal.kind === 'ml-run') throw forbidden("A run's token makes, changes and deletes no workspace.");
  if (!keeper) throw notImplemented('making, changing and deleting workspaces here: use az ml workspace');
  return keeper;
}

const near = (workspace: Workspace, name: string) => ({
  subscriptionId: workspace.subscriptionId,
  resourceGroup: workspace.resourceGroup,
  name,
});

/** The workspaces of the resource group of the address's own. A run's token sees its own alone. */
export async function listWorkspaces(call: Call) {
  const { keeper } = call.deps;
  const { subscriptionId, resourceGroup } = call.workspace;
  const found =
    keeper && call.principal.kind !== 'ml-run' ? await keeper.list(subscriptionId, resourceGroup) : [call.workspace];
  return { workspaces: found.map(wire) };
}

const nameOf = (call: Call) => call.parameters.workspace_name ?? '';
const named = (call: Call): Promise<NamedWorkspace> =>
  namedWorkspace(call.deps.workspaces, call.workspace, nameOf(call), call.principal);

/** One of them; `default` is the address's own. @throws not-found */
export async function getWorkspace(call: Call) {
  return { workspace: wire(await named(call)) };
}

/** @throws not-implemented for what the reference server keeps of a workspace and a workspace of Azure ML has not */
function descriptionOf(call: Call): string | undefined {
  const { default_artifact_root: root, trace_archival_config: archive } = call.fields;
  if (typeof root === 'string' && root !== '')
    throw notImplemented("an artifact root of a workspace's own: artifacts go to the workspace's storage");
  if (Object.values(fieldsOf(archive)).some((one) => typeof one === 'string' && one !== ''))
    throw notImplemented('an archive of traces');
  return call.fields.description === undefined
    ? undefined
    : text(call.fields, 'description', { limit: DESCRIPTION_LIMIT });
}

/** Makes a workspace of Azure ML in the resource group of the address's own. @throws conflict, invalid */
export async function createWorkspace(call: Call) {
  const keeper = changer(call);
  const name = text(call.fields, 'name', { limit: 1000 });
  if (name === DEFAULT)
    throw invalid(`'${DEFAULT}' is the workspace of the address, and is not created.`, { target: 'name' });
  if (!NAME.test(name))
    throw invalid(
      `'${name.slice(0, 100)}' is no name of a workspace: 3 to 33 lower-case letters, digits and '-', with no '-' at either end.`,
      { target: 'name' },
    );
  const description = descriptionOf(call);
  const scope = near(call.workspace, name);
  if (await call.deps.workspaces.find(scope)) throw conflict(`Workspace '${name}' already exists.`);
  try {
    return { workspace: wire(await keeper.put(scope, description)) };
  } catch (error) {
    // Its own code is Azure's, which clients of MLflow don't know.
    if (error instanceof DomainError && error.code === 'invalid') throw invalid(error.message);
    throw error;
  }
}

/** Changes the description of a workspace. */
export async function updateWorkspace(call: Call) {
  const keeper = changer(call);
  const description = descriptionOf(call);
  if (description === undefined)
    throw invalid('Name what is to be changed: the description of a workspace.', { target: 'description' });
  return { workspace: wire(await keeper.put(await named(call), description)) };
}

/**
 * Deletes a workspace: RESTRICT one that holds nothing, CASCADE one with all that it holds. It can be recovered as one that `az ml workspace delete` put away.
 * @throws invalid for the address's own, and for one that holds something; not-implemented for SET_DEFAULT
 */
export async function deleteWorkspace(call: Call): Promise<void> {
  const keeper = changer(call);
  const mode = text(call.fields, 'mode', { fallback: 'RESTRICT' });
  if (mode === 'SET_DEFAULT')
    throw notImplemented('moving what a workspace holds to another (SET_DEFAULT): use RESTRICT or CASCADE');
  if (mode !== 'RESTRICT' && mode !== 'CASCADE')
    throw invalid(`A mode of deletion is RESTRICT or CASCADE, found '${mode.slice(0, 100)}'.`, { target: 'mode' });
  const found = await named(call);
  if (found.id === call.workspace.id)
    throw invalid(
      `'${nameOf(call)}' is the workspace of this address: delete it from another's, or with az ml workspace delete.`,
      { target: 'workspace_name' },
    );
  const held = mode === 'RESTRICT' ? await holds(call, found) : undefined;
  if (held !== undefined)
    throw invalid(
      `Cannot delete workspace '${found.name}': it still holds ${held}. Remove them first, or use CASCADE.`,
      {
        wire: 'INVALID_STATE',
      },
    );
  await keeper.remove(found);
}

const CONTENTS = {
  ml_jobs: 'jobs',
  ml_containers: 'assets',
  ml_computes: 'computes',
  ml_schedules: 'schedules',
  mltrack_runs: 'runs',
  mltrack_registered: 'registered models',
  mltrack_traces: 'traces',
  mltrack_datasets: 'datasets',
  mltrack_models: 'logged models',
  mltrack_scorers: 'scorers',
  mltrack_issues: 'issues',
  mltrack_review_queues: 'review queues',
  mltrack_webhooks: 'webhooks',
  mltrack_gateway_secrets: 'secrets of the gateway',
  mltrack_gateway_models: 'models of the gateway',
  mltrack_gateway_endpoints: 'endpoints of the gateway',
  mltrack_gateway_guardrails: 'guardrails of the gateway',
  mltrack_gateway_budgets: 'budgets of the gateway',
} as const;

/** The first kind of thing that the workspace holds; deleted experiments count, the one that every workspace has does not. */
async function holds(call: Call, workspace: Workspace): Promise<string | undefined> {
  const { read } = call.deps.store;
  const experiment = await read
    .selectFrom('mltrack_experiments')
    .select('experiment_id')
    .where('workspace_id', '=', workspace.id)
    .where('experiment_id', '!=', '0')
    .executeTakeFirst();
  if (experiment) return 'experiments';
  for (const table of Object.keys(CONTENTS) as (keyof typeof CONTENTS)[]) {
    const rows = read.selectFrom(table).select('workspace_id').where('workspace_id', '=', workspace.id);
    if (await rows.limit(1).executeTakeFirst()) return CONTENTS[table];
  }
  return undefined;
}
