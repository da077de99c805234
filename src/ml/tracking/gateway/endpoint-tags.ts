import { invalid } from '../../../kernel/errors.ts';
import type { Call } from '../call.ts';
import { key, text } from '../wire.ts';
import { gatewayEndpoint } from './endpoints.ts';
import { said } from './fields.ts';

const TAG_LIMIT = 100;
const VALUE_LIMIT = 5000;

/** Sets a tag of an endpoint, whatever it was. */
export async function setGatewayEndpointTag(call: Call) {
  const [name, value] = [key(call.fields), text(call.fields, 'value', { fallback: '', limit: VALUE_LIMIT })];
  await change(call, (tags) => ({ ...tags, [name]: value }));
  return {};
}

/** Deletes a tag of an endpoint; one that isn't there is no error (reference server's source). */
export async function deleteGatewayEndpointTag(call: Call) {
  const name = key(call.fields);
  await change(call, ({ [name]: _deleted, ...tags }) => tags);
  return {};
}

async function change(call: Call, to: (tags: Readonly<Record<string, string>>) => Record<string, string>) {
  const id = said(call, 'endpoint_id');
  await call.deps.store.write(async (writer) => {
    const row = await gatewayEndpoint(writer, call, id);
    const tags = to(JSON.parse(row.tags));
    if (Object.keys(tags).length > TAG_LIMIT)
      throw invalid(`An endpoint has at most ${TAG_LIMIT} tags: delete those that nobody needs.`, { target: 'key' });
    await writer
      .updateTable('mltrack_gateway_endpoints')
      .set({ tags: JSON.stringify(tags) })
      .where('workspace_id', '=', row.workspace_id)
      .where('endpoint_id', '=', id)
      .execute();
  });
}
