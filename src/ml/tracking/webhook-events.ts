import { invalid } from '../../kernel/errors.ts';
import type { Fields } from './wire.ts';

/** What happened to what, in the words of the delivered body (client source). */
export type WebhookEvent = { readonly entity: string; readonly action: string };

const MODEL = { name: 'taxi', version: '1' };
const TAG = { key: 'stage', value: 'test' };
const { key } = TAG;

/** The events that there are, each with an example of its data, which is what a test of a webhook sends. */
const EVENTS: Readonly<Record<string, object>> = {
  'registered_model.created': { name: 'taxi', tags: { stage: 'test' }, description: 'An example' },
  'model_version.created': { ...MODEL, source: 'models:/taxi', run_id: 'run', tags: {}, description: 'An example' },
  'model_version_tag.set': { ...MODEL, ...TAG },
  'model_version_tag.deleted': { ...MODEL, key },
  'model_version_alias.created': { ...MODEL, alias: 'champion' },
  'model_version_alias.deleted': { name: 'taxi', alias: 'champion' },
  'prompt.created': { name: 'greeting', tags: { stage: 'test' }, description: 'An example' },
  'prompt_version.created': { name: 'greeting', version: '1', template: 'Hello {{name}}', tags: {}, description: null },
  'prompt_tag.set': { name: 'greeting', ...TAG },
  'prompt_tag.deleted': { name: 'greeting', key },
  'prompt_version_tag.set': { name: 'greeting', version: '1', ...TAG },
  'prompt_version_tag.deleted': { name: 'greeting', version: '1', key },
  'prompt_alias.created': { name: 'greeting', alias: 'live', version: '1' },
  'prompt_alias.deleted': { name: 'greeting', alias: 'live' },
};

export const nameOf = ({ entity, action }: WebhookEvent): string => `${entity}.${action}`;

/** The example of a known event's data. */
export const exampleOf = (event: WebhookEvent): object => EVENTS[nameOf(event)] ?? {};

/** An event as it travels: the words of an enumeration. @throws invalid for one that never happens here */
export function readEvent(fields: Fields): WebhookEvent {
  const event = {
    entity: String(fields.entity ?? '').toLowerCase(),
    action: String(fields.action ?? '').toLowerCase(),
  };
  if (!Object.hasOwn(EVENTS, nameOf(event)))
    throw invalid(
      `'${nameOf(event).slice(0, 100)}' is not an event of this registry. Use one of ${Object.keys(EVENTS).join(', ')}.`,
      { target: 'events' },
    );
  return event;
}

export const wireEvent = ({ entity, action }: WebhookEvent) => ({
  entity: entity.toUpperCase(),
  action: action.toUpperCase(),
});
