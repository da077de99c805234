import { invalid } from '../../../kernel/errors.ts';
import { longDatastoreUri, parseDatastoreUri } from '../../places.ts';
import type { Workspace } from '../../types.ts';
import type { AssetKind } from '../../versions.ts';
import { type Json, textField } from '../../wire-fields.ts';

/** One kind of asset: how its containers and versions are called, and what the service makes of a version. */
export type Kind = {
  readonly kind: Exclude<AssetKind, 'codes'>;
  readonly singular: string;
  /** Checks and completes the properties of a version. @throws invalid for what cannot be stored */
  readonly complete: (properties: Json, workspace: Workspace) => Json;
  /** The property that may not change once a version has it; clients are told to make a new version. */
  readonly fixed: string;
};

/** The service stores data paths in their long form, whatever form they came in (recorded). */
function longUri(workspace: Workspace, uri: string): string {
  const place = parseDatastoreUri(uri);
  return place && !place.scope ? longDatastoreUri(workspace, place.datastore, place.path) : uri;
}

function need(properties: Json, name: string, singular: string): string {
  const value = textField(properties, name);
  if (!value) throw invalid(`A ${singular} needs '${name}'.`, { target: name });
  return value;
}

export const KINDS: readonly Kind[] = [
  {
    kind: 'components',
    singular: 'component',
    fixed: 'componentSpec',
    complete(properties) {
      if (typeof properties['componentSpec'] !== 'object' || properties['componentSpec'] === null)
        throw invalid("A component needs 'componentSpec'.", { target: 'componentSpec' });
      return properties;
    },
  },
  {
    kind: 'environments',
    singular: 'environment',
    fixed: 'image',
    complete(properties) {
      if (!properties['image'] === !properties['build'])
        throw invalid("An environment needs exactly one of 'image' and 'build'.", { target: 'image' });
      return { environmentType: 'UserCreated', osType: 'Linux', ...properties };
    },
  },
  {
    kind: 'data',
    singular: 'data asset',
    fixed: 'dataUri',
    complete: (properties, workspace) => ({
      dataType: 'uri_folder',
      ...properties,
      dataUri: longUri(workspace, need(properties, 'dataUri', 'data asset')),
    }),
  },
  {
    kind: 'models',
    singular: 'model',
    fixed: 'modelUri',
    complete: (properties, workspace) => ({
      modelType: 'custom_model',
      ...properties,
      modelUri: longUri(workspace, need(properties, 'modelUri', 'model')),
    }),
  },
];
