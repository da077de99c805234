import { type Command, required } from './command.ts';

/** Changes a service connection for the steps that follow. */
export const taskSetEndpoint: Command = {
  area: 'task',
  event: 'setendpoint',
  inRestrictedMode: false,
  run(context, properties, data) {
    const id = required(taskSetEndpoint, properties, 'id');
    const field = required(taskSetEndpoint, properties, 'field').toLowerCase();
    if (field !== 'url' && field !== 'authparameter' && field !== 'dataparameter') {
      throw new Error(
        `The field '${field}' of ##vso[task.setendpoint] is unknown. Use url, authParameter or dataParameter.`,
      );
    }
    const key = field === 'url' ? '' : required(taskSetEndpoint, properties, 'key');
    if (field === 'authparameter') context.addSecret(data);
    context.setEndpoint(id, field, key, data);
  },
};
