import type { TestContext } from 'node:test';
import { silentLog } from '../../../kernel/log.ts';
import { workspaceResourceId } from '../../places.ts';
import { OTHER, openTracking } from '../test-service.ts';

/** Of a call in another workspace. */
export const THERE = { base: `/mlflow/v2.0${workspaceResourceId(OTHER)}` };

/** A service with a vault that is easily read, and what most tests begin with. */
export async function openGateway(t: TestContext) {
  const opened = await openTracking(t, {
    vault: { seal: (text) => `sealed(${text.length})`, open: (text) => text },
    log: silentLog,
    outbound: () => Promise.reject(new Error('nothing is called')),
  });
  const { call } = opened;
  const secret = (fields: object = {}) =>
    call('POST', 'gateway/secrets/create', {
      secret_name: 'key',
      secret_value: { api_key: 'sk-abcdefghijkl' },
      ...fields,
    });
  const definition = (fields: object = {}) =>
    call('POST', 'gateway/model-definitions/create', { name: 'model', provider: 'p', model_name: 'm', ...fields });
  return { ...opened, secret, definition };
}

/** The same, with a model definition to make endpoints of. */
export async function openWithModel(t: TestContext) {
  const opened = await openGateway(t);
  const { call } = opened;
  const { secret_id } = (await opened.secret()).secret;
  const model = async (fields: object = {}) =>
    (await opened.definition({ secret_id, ...fields })).model_definition.model_definition_id as string;
  const first = await model();
  const config = { model_definition_id: first, linkage_type: 'PRIMARY' };
  const endpoint = (fields: object = {}) =>
    call('POST', 'gateway/endpoints/create', { name: 'chat', model_configs: [config], ...fields });
  return { ...opened, secret_id, model, first, config, endpoint };
}

/** What calls are refused with; their status where they are not. */
export const codes = async (answers: readonly Promise<{ status: number; error_code?: string }>[]) =>
  (await Promise.all(answers)).map((one) => one.error_code ?? one.status);
