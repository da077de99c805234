import type { AssetKind } from './types.ts';

/** An asset of a registry, as jobs and components name it. */
export type RegistryReference = {
  readonly registry: string;
  readonly kind: AssetKind;
  readonly name: string;
  /** Absent: the newest. */
  readonly version?: string;
};

const REFERENCE =
  /^(?:azureml:)?azureml:\/\/registries\/([^/]+)\/(codes|components|data|environments|models)\/([^/]+)\/(?:versions\/([^/]+)|labels\/(?:latest|default))$/i;

/** Reads `azureml://registries/{r}/{kind}/{n}/versions/{v}` or `…/labels/latest`; undefined for any other text. */
export function parseRegistryReference(text: string): RegistryReference | undefined {
  const match = REFERENCE.exec(text);
  if (!match) return undefined;
  const [, registry = '', kind = '', name = '', version] = match;
  return {
    registry,
    kind: kind.toLowerCase() as AssetKind,
    name,
    ...(version === undefined ? {} : { version }),
  };
}

/** The id of an asset of a registry, without its version. */
export function registryAssetId(registry: string, kind: AssetKind, name: string): string {
  return `azureml://registries/${registry}/${kind}/${name}`;
}
