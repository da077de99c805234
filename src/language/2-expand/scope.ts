import type { Node, Place } from '../1-read/node.ts';
import type { Origin } from '../1-read/origin.ts';
import type { ObjectValue, Value } from '../expressions/value.ts';

/** A file while it is expanded. `repository` is an alias; undefined means the pipeline's own repository. */
export type SourceFile = {
  readonly path: string;
  readonly repository: string | undefined /** As messages show it. */;
  readonly label: string;
};

/** What `${{ }}` can see at a point of the expansion. */
export type Scope = {
  readonly source: SourceFile;
  readonly parameters: ObjectValue;
  readonly variables: VariableTable;
  /** Loop variables by lower-case name. */
  readonly locals: ReadonlyMap<string, Value>;
  /** The key of the innermost `each`: keys that expressions make inside take its place. */
  readonly keyPlace?: Place;
  /** What brought in the nodes that are expanded here; undefined unless the compilation is traced. */
  readonly origin: Origin | undefined;
  /** Counts the work of expressions, in events, against the limits of the expansion, and raises when they are passed. */
  readonly count?: (events: number) => void;
};

/** The scope for nodes that came by something more. */
export function within(scope: Scope, origin: Origin | undefined): Scope {
  return origin ? { ...scope, origin } : scope;
}

/** The node with its origin, where the compilation is traced; one that has a nearer origin keeps it. */
export function traced<N extends Node>(node: N, scope: Scope): N {
  return scope.origin && !node.origin ? { ...node, origin: scope.origin } : node;
}

/** The variables known at compile time: nearest scope first, names in any case. */
export type VariableTable = {
  get(name: string): string | undefined;
  set(name: string, value: string): void;
  isSystem(name: string): boolean;
  /** All that can be seen, outermost first; a nearer one of the same name replaces the farther. */
  all(): ReadonlyMap<string, { readonly name: string; readonly value: string }>;
  /** A table for a stage or job inside this one. */
  child(): VariableTable;
};

/** Makes the outermost table: system variables, which nothing may override, and those given when the run was queued. */
export function rootVariables(
  system: Readonly<Record<string, string>>,
  queued: Readonly<Record<string, string>>,
): VariableTable {
  const systemNames = new Set(Object.keys(system).map((name) => name.toLowerCase()));
  const table = makeTable(undefined, (name) => systemNames.has(name.toLowerCase()));
  for (const [name, value] of Object.entries({ ...queued, ...system })) table.set(name, value);
  return table;
}

function makeTable(parent: VariableTable | undefined, isSystem: (name: string) => boolean): VariableTable {
  const own = new Map<string, { name: string; value: string }>();
  const table: VariableTable = {
    isSystem,
    get: (name) => own.get(name.toLowerCase())?.value ?? parent?.get(name),
    set: (name, value) => void own.set(name.toLowerCase(), { name, value }),
    all: () => (parent ? new Map([...parent.all(), ...own]) : own),
    child: () => makeTable(table, isSystem),
  };
  return table;
}

// A collection equals itself only: one table is one value.
const contexts = new WeakMap<VariableTable, ObjectValue>();

/** The `variables` context over a table. */
export function variablesValue(table: VariableTable): ObjectValue {
  const known = contexts.get(table);
  if (known) return known;
  const made: ObjectValue = {
    kind: 'object',
    get: (name) => table.get(name),
    entries: () => Array.from(table.all().values(), ({ name, value }) => [name, value] as const),
  };
  contexts.set(table, made);
  return made;
}
