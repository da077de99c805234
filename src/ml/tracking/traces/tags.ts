import { invalid, notFound } from '../../../kernel/errors.ts';
import type { Call } from '../call.ts';
import { key, text } from '../wire.ts';
import { checkedEntry, LOCATION_TAG, type Texts, textMap } from './records.ts';
import { changeTrace } from './traces.ts';

function nameOf(call: Call): string {
  const name = key(call.fields);
  if (name === LOCATION_TAG) throw invalid(`The tag ${LOCATION_TAG} is the service's own.`, { target: 'key' });
  return name;
}

export async function setTraceTag(call: Call): Promise<Record<string, never>> {
  const [name, value] = checkedEntry(nameOf(call), text(call.fields, 'value', { fallback: '' }), 'tags');
  await changeTrace(call, (before) => {
    const tags = { ...(JSON.parse(before.tags) as Texts), [name]: value };
    return { tags: JSON.stringify(textMap(tags, 'tags')) };
  });
  return {};
}

/** @throws not-found for a tag that the trace has not */
export async function deleteTraceTag(call: Call): Promise<Record<string, never>> {
  const name = nameOf(call);
  await changeTrace(call, (before) => {
    const { [name]: old, ...tags } = JSON.parse(before.tags) as Texts;
    if (old === undefined) throw notFound(`The trace ${before.trace_id} has no tag '${name}'.`);
    return { tags: JSON.stringify(tags) };
  });
  return {};
}
