import { notFound } from '../../../kernel/errors.ts';
import { parseRegistryReference } from '../../registry-reference.ts';
import type { Workspace } from '../../types.ts';
import type { AssetVersions } from '../../versions.ts';
import { isObject, type Json } from '../../wire-fields.ts';

export type Component = { readonly name: string; readonly version: string; readonly spec: Json };

/** Reads a component, each once. @throws not-found (ComponentNotFound) for one that isn't in the workspace */
export type ComponentReader = (id: string) => Promise<Component>;

// `azureml_default` is how clients say that they name no version (client source).
const ARM = /\/components\/([^/]+)\/(?:versions\/azureml_default|versions\/([^/]+)|labels\/(?:latest|default))$/i;
const NAMED = /^azureml:([^/:@]+)(?::([^/:@]+)|@(?:latest|default))?$/i;

/** A reader for the nodes of one job: thousands of them share a few components. */
export function createComponentReader(versions: AssetVersions, workspace: Workspace): ComponentReader {
  const known = new Map<string, Promise<Component>>();
  return (id) => {
    const found = known.get(id) ?? loadComponent(versions, workspace, id);
    known.set(id, found);
    return found;
  };
}

async function loadComponent(versions: AssetVersions, workspace: Workspace, id: string): Promise<Component> {
  const inRegistry = parseRegistryReference(id) !== undefined;
  const match = inRegistry ? null : (ARM.exec(id) ?? NAMED.exec(id));
  const [name, version] = [match?.[1], match?.[2]];
  const asset = inRegistry
    ? await versions.fromRegistry('components', id)
    : name === undefined
      ? undefined
      : version === undefined
        ? await versions.latest(workspace.id, 'components', name)
        : await versions.find(workspace.id, 'components', name, version);
  const spec = asset?.properties['componentSpec'];
  if (!asset || !isObject(spec))
    throw notFound(
      `There is no component '${id.slice(0, 300)}'${inRegistry ? '' : ` in the workspace ${workspace.name}`}. Create it, or correct the name and version.`,
      {
        wire: 'UserError',
        details: ['NotFound', 'ComponentNotFound'],
      },
    );
  return { name: asset.name, version: asset.version, spec };
}
