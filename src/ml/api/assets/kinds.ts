import { isDeepStrictEqual } from 'node:util';
import { conflict, type DomainError, invalid } from '../../../kernel/errors.ts';
import { readGitContext } from '../../git-context.ts';
import type { AssetKind } from '../../versions.ts';
import { isObject, type Json, objectField, textField } from '../../wire-fields.ts';
import type { AssetScope } from './scopes.ts';

/** One kind of asset: what the service makes of a version, and what of it may never change. */
export type Kind = {
  readonly kind: AssetKind;
  readonly singular: string;
  /** Checks and completes the properties of a version. @throws invalid for what cannot be stored */
  readonly complete: (properties: Json, scope: AssetScope) => Json;
  /** What a version is, to be compared: whatever is not in it may be changed later. */
  readonly content: (properties: Json) => unknown;
  /** What the service says to another content under a version that is there. */
  readonly changed: (name: string, version: string) => DomainError;
  /** The inner codes of what isn't there (recorded). */
  readonly absent: readonly string[];
  /** Whether clients ask for a place to upload to: for codes everywhere, for others in registries only. */
  readonly uploads: 'everywhere' | 'registries' | 'nowhere';
  /** Whether the service answers 201 to every PUT (recorded). */
  readonly alwaysCreated?: true;
};

function need(properties: Json, name: string, singular: string): string {
  const value = textField(properties, name);
  if (!value) throw invalid(`A ${singular} needs '${name}'.`, { target: name, wire: 'UserError' });
  return value;
}

/** One of some words, in any case, as the service writes it. */
function oneOf(properties: Json, name: string, words: readonly [string, ...string[]]): string {
  const value = textField(properties, name) ?? words[0];
  const found = words.find((word) => word.toLowerCase() === value.toLowerCase());
  if (found === undefined)
    throw invalid(`'${name}' is one of ${words.join(', ')}, not '${value.slice(0, 80)}'.`, {
      target: name,
      wire: 'UserError',
    });
  return found;
}

const withoutSlash = (value: unknown) => (typeof value === 'string' ? value.replace(/\/+$/, '') : value);

/**
 * A specification without what describes it only: that may be edited under the same version. Clients that edit it put it back with the
 * id, and who made it when, that they read (seen).
 */
function specification(spec: unknown): unknown {
  if (!isObject(spec)) return spec;
  const {
    description: _d,
    display_name: _n,
    tags: _t,
    $schema: _s,
    id: _i,
    creation_context: _c,
    _source,
    ...rest
  } = spec;
  return rest;
}

/** The words that users of the service quote; 409, at which clients that number by themselves take the next number (client source). */
const taken = (singular: string, uri: string) => () =>
  conflict(
    `A ${singular} version with this name and version already exists. If you are trying to create a new ${singular} version, use a different name or version. If you are trying to update an existing ${singular} version, the existing asset's ${singular} uri cannot be changed. Only tags, description, and isArchived can be updated.`,
    { wire: 'UserError', target: uri },
  );

/** The public specification's default. */
const DOCKERFILE = 'Dockerfile';

export const KINDS: readonly Kind[] = [
  {
    kind: 'codes',
    singular: 'code',
    uploads: 'everywhere',
    absent: ['NotFound'],
    complete: (properties) => ({ ...properties, codeUri: need(properties, 'codeUri', 'code version') }),
    content: (properties) => properties['codeUri'],
    // The exact words make clients say what to do about it (client source).
    changed: () => invalid('Asset paths cannot be updated.', { wire: 'UserError' }),
  },
  {
    kind: 'components',
    singular: 'component',
    uploads: 'nowhere',
    absent: ['NotFound', 'ComponentNotFound'],
    complete(properties) {
      if (!isObject(properties['componentSpec']))
        throw invalid("A component needs 'componentSpec'.", { target: 'componentSpec', wire: 'UserError' });
      return properties;
    },
    // Clients number what they make for themselves by a hash of its content, names left out: that is the same whatever it is called (client source).
    content: (properties) =>
      properties['isAnonymous'] === true ? 'by its number' : specification(properties['componentSpec']),
    changed: (name, version) =>
      invalid(
        `The component ${name}:${version} exists with another 'componentSpec', which cannot change. Use a new version.`,
        { wire: 'UserError', details: ['BadArgument', 'ArgumentInvalid', 'UpdateComponentFailed'] },
      ),
  },
  {
    kind: 'environments',
    singular: 'environment',
    uploads: 'nowhere',
    absent: ['NotFoundError'],
    alwaysCreated: true,
    complete(properties) {
      if (!properties['image'] === !properties['build'])
        throw invalid("An environment needs exactly one of 'image' and 'build'.", {
          target: 'image',
          wire: 'UserError',
        });
      // What is wrong with an address of git is said here; what is behind it is the run's to tell.
      if (properties['build']) readGitContext(need(objectField(properties, 'build'), 'contextUri', 'build context'));
      const build = properties['build'];
      return {
        ...properties,
        ...(isObject(build) ? { build: { ...build, dockerfilePath: build['dockerfilePath'] ?? DOCKERFILE } } : {}),
        environmentType: 'UserCreated',
        osType: oneOf(properties, 'osType', ['Linux', 'Windows']),
      };
    },
    content: ({ image, build, condaFile, inferenceConfig, osType }) => ({
      image,
      build: isObject(build)
        ? {
            ...build,
            contextUri: withoutSlash(build['contextUri']),
            dockerfilePath: build['dockerfilePath'] ?? DOCKERFILE,
          }
        : build,
      condaFile,
      inferenceConfig,
      osType: osType ?? 'Linux',
    }),
    changed: (name, version) =>
      conflict(
        `The environment ${name}:${version} exists with another image, build or conda file, which cannot change. Use a new version.`,
        { wire: 'UserError' },
      ),
  },
  {
    kind: 'data',
    singular: 'data asset',
    uploads: 'registries',
    absent: ['NotFoundError'],
    complete(properties, scope) {
      const dataType = oneOf(properties, 'dataType', ['uri_folder', 'uri_file', 'mltable']);
      const uri = scope.storedUri(need(properties, 'dataUri', 'data asset'));
      // Folders in datastores end in a slash, whatever was sent (recorded).
      const isFolder = dataType === 'uri_folder' && /^azureml:\/\//i.test(uri);
      return { ...properties, dataType, dataUri: isFolder ? uri.replace(/\/*$/, '/') : uri };
    },
    content: ({ dataUri, dataType }) => ({ dataUri: withoutSlash(dataUri), dataType }),
    changed: taken('data', 'dataUri'),
  },
  {
    kind: 'models',
    singular: 'model',
    uploads: 'registries',
    absent: ['NotFound', 'ModelNotFound'],
    complete: (properties, scope) => ({
      ...properties,
      modelType: oneOf(properties, 'modelType', ['custom_model', 'mlflow_model', 'triton_model']),
      modelUri: scope.storedUri(need(properties, 'modelUri', 'model')),
    }),
    content: ({ modelUri, modelType }) => ({ modelUri: withoutSlash(modelUri), modelType }),
    changed: taken('model', 'modelUri'),
  },
];

/** Whether a version that is there and what is written are the same asset. */
export function isSameContent(kind: Kind, one: Json, other: Json): boolean {
  return isDeepStrictEqual(comparable(kind.content(one)), comparable(kind.content(other)));
}

/** `undefined`, `null` and a missing key say the same; the order of keys says nothing. */
function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) =>
      inner === undefined || inner === null ? [] : [[key, comparable(inner)] as const],
    ),
  );
}
