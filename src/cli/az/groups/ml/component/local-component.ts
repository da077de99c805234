import type { Problems } from '../load/fields.ts';
import type { YamlMap } from '../load/yaml-value.ts';

/** A component from a YAML file, or written into a node. A pipeline component holds its nodes, read and checked. */
export type LocalComponent = {
  readonly kind: 'command' | 'pipeline' | 'parallel' | 'spark';
  /** The file; of one that is written into a node, how messages name it. */
  readonly file: string;
  readonly inline?: true;
  readonly folder: string;
  readonly data: YamlMap;
  readonly nodes: readonly PipelineNode[];
};

/** A node of a pipeline, read and checked: a choice or loop between others, a search for a model, a command written into it, a component of a file, or one that is registered. */
export type PipelineNode = {
  readonly key: string;
  readonly data: YamlMap;
  readonly folder: string;
  readonly work:
    | { readonly kind: 'inline' }
    | { readonly kind: 'control' }
    | { readonly kind: 'automl' }
    | { readonly kind: 'local'; readonly component: LocalComponent }
    | { readonly kind: 'registered'; readonly reference: string };
};

/** Loads and checks a component file, or one that is written into a node. Handed to whoever meets one, since a pipeline component holds nodes that name components. */
export type LoadComponent = (
  named: string | InlineComponent,
  folder: string,
  problems: Problems,
  depth?: number,
) => LocalComponent;

/** A component that is written into a node. */
export type InlineComponent = {
  /** The place in the pipeline that problems name: `jobs.train.component`. */
  readonly path: string;
  readonly data: YamlMap;
  /** The type that it has where it names none: its node's. */
  readonly type: string;
};
