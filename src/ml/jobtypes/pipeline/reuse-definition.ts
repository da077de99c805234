import { createHash } from 'node:crypto';
import type { PlannedOutput } from '../../jobs/plan.ts';
import { fieldOf, flagField, isObject, type Json, textField } from '../../wire-fields.ts';
import type { Component } from './component.ts';
import type { NodeContext } from './pipeline-scope.ts';

/** Node types whose result depends on nothing but what they are given. */
const REUSABLE: readonly string[] = ['command', 'parallel'];
/** What of a component only describes it. */
const DESCRIBING: ReadonlySet<string> = new Set([
  'name',
  'version',
  'displayname',
  'description',
  'tags',
  '$schema',
  'source',
  'inputs',
  'code',
  'codeid',
]);
/** What of a node is a setting that matters to its result; resources, limits and compute are not (documented). */
const MATTERING = [
  'environmentVariables',
  'environmentId',
  'distribution',
  'task',
  'miniBatchSize',
  'partitionKeys',
  'errorThreshold',
  'inputData',
];

const definitions = new WeakMap<Component, string>();

/**
 * What must be equal for a node to take over another's result, as a hash, without what it reads: the component's definition, the hash of its
 * code, its environment, settings that matter, and places that the job itself names (documented rule).
 * @returns undefined for a node that always runs: one whose component is not deterministic
 */
export async function definitionOf(
  context: NodeContext,
  component: Component,
  node: Json,
  type: string,
  outputs: Readonly<Record<string, PlannedOutput>>,
): Promise<string | undefined> {
  if (!REUSABLE.includes(type) || flagField(component.spec, 'isDeterministic') === false) return undefined;
  let own = definitions.get(component);
  if (own === undefined) {
    own = JSON.stringify([await codeOf(context, component.spec), sorted(withoutDescription(component.spec))]);
    definitions.set(component, own);
  }
  const settings = MATTERING.map((name) => sorted(fieldOf(node, name)) ?? null);
  const places = Object.entries(outputs).map(([name, { type: kind, mode, given, uri, primitive }]) => [
    name,
    primitive ?? kind,
    mode,
    given ? uri : null,
  ]);
  return createHash('sha256')
    .update(own)
    .update(JSON.stringify([settings, places]))
    .digest('hex');
}

function withoutDescription(spec: Json): Json {
  return Object.fromEntries(
    Object.entries(spec).filter(
      ([key]) => !DESCRIBING.has(key.replaceAll('_', '').toLowerCase()) && !key.startsWith('_'),
    ),
  );
}

/** The code's content hash where it is known, else which code it is. */
async function codeOf({ deps, workspace }: NodeContext, spec: Json): Promise<string> {
  const id = textField(spec, 'code') ?? textField(spec, 'codeId');
  if (id === undefined) return '';
  const match = /\/codes\/([^/]+)\/versions\/([^/]+)$/i.exec(id) ?? /^azureml:([^/:]+):([^/:]+)$/i.exec(id);
  const code = match && (await deps.versions.find(workspace.id, 'codes', match[1] as string, match[2] as string));
  const properties = code ? code.properties['properties'] : undefined;
  return (isObject(properties) ? textField(properties, 'hash_sha256') : undefined) ?? id;
}

/** The value with the keys of its objects in one order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  );
}
