import { computeNameOf } from '../../jobs/read-values.ts';
import { flagField, type Json, textField } from '../../wire-fields.ts';

export type PipelineSettings = {
  readonly defaultCompute?: string;
  readonly defaultDatastore?: string;
  readonly continueOnStepFailure: boolean;
  readonly continueOnFailedOptionalInput: boolean;
  /** Run every node, whatever equal ones have made before. */
  readonly forceRerun: boolean;
  /** The node that comes before all others, and the one that comes after them. */
  readonly onInit?: string;
  readonly onFinalize?: string;
};

/** From this api-version on an unset continue_on_step_failure means true (recorded; the documentation still says false). */
const GOES_ON_SINCE = '2023-02-01';

/** Reads a pipeline job's settings. */
export function readSettings(settings: Json, apiVersion: string): PipelineSettings {
  const onInit = textField(settings, 'onInit');
  const onFinalize = textField(settings, 'onFinalize');
  const defaultCompute = computeNameOf(textField(settings, 'defaultCompute'));
  const defaultDatastore = textField(settings, 'defaultDatastore')
    ?.split('/')
    .pop()
    ?.replace(/^azureml:/i, '');
  return {
    ...(defaultCompute ? { defaultCompute } : {}),
    ...(defaultDatastore ? { defaultDatastore } : {}),
    continueOnStepFailure:
      flagField(settings, 'continueOnStepFailure') ?? (apiVersion === '' || apiVersion >= GOES_ON_SINCE),
    continueOnFailedOptionalInput: flagField(settings, 'continueRunOnFailedOptionalInput') ?? true,
    forceRerun: flagField(settings, 'forceRerun') ?? false,
    ...(onInit ? { onInit } : {}),
    ...(onFinalize ? { onFinalize } : {}),
  };
}
