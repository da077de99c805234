import type { PipelineNode } from '../../component/local-component.ts';
import type { Wire } from '../../entity.ts';
import type { Problem, Problems } from '../../load/fields.ts';
import type { YamlMap } from '../../load/yaml-value.ts';
import type { Submission } from '../submission.ts';

/** A type of job: how its file is checked, sent and shown. */
export type JobType = {
  /** As files write it. */
  readonly type: string;
  /** As the service writes it. */
  readonly jobType: string;
  /** Checks what only this type has. @returns a pipeline's nodes */
  check(data: YamlMap, folder: string, problems: Problems): readonly PipelineNode[];
  /** Its own properties on the wire; code, components, environments and local data are sent on the way. */
  toWire(submission: Submission, job: JobFile): Promise<Record<string, unknown>>;
  /** A job as it is shown. @param common what jobs of every type are shown with */
  entity(common: Wire, properties: Wire): Record<string, unknown>;
};

/** A job's YAML file, read and checked, nothing sent. */
export type JobFile = {
  readonly kind: JobType;
  readonly file: string;
  readonly folder: string;
  readonly data: YamlMap;
  /** A pipeline's nodes. */
  readonly nodes: readonly PipelineNode[];
  readonly problems: readonly Problem[];
  readonly remarks: readonly Problem[];
};
