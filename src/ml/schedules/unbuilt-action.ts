import { type Json, textField } from '../wire-fields.ts';

/** An action of schedules that is kept as it was sent, and that says at each of its times that it is not implemented. */
export type UnbuiltAction = {
  readonly actionType: 'CreateMonitor' | 'ImportData' | 'InvokeBatchEndpoint';
  /** The key of the action's own definition. */
  readonly definition: string;
  /** For messages. */
  readonly what: string;
};

/** The action types of the service beside CreateJob; data is imported by its previews alone. */
const UNBUILT: readonly UnbuiltAction[] = [
  { actionType: 'CreateMonitor', definition: 'monitorDefinition', what: 'schedules that create monitors' },
  { actionType: 'ImportData', definition: 'dataImportDefinition', what: 'schedules that import data' },
  {
    actionType: 'InvokeBatchEndpoint',
    definition: 'endpointInvocationDefinition',
    what: 'schedules that invoke batch endpoints',
  },
];

/** What of an action is not built; undefined for one that begins a job, and for one that nobody knows. */
export function unbuiltAction(action: Json): UnbuiltAction | undefined {
  const type = (textField(action, 'actionType') ?? '').toLowerCase();
  return UNBUILT.find((one) => one.actionType.toLowerCase() === type);
}
