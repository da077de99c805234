import { notImplemented } from '../../kernel/errors.ts';
import type { Call } from './call.ts';
import * as bindings from './gateway-bindings.ts';
import { attachModelToGatewayEndpoint, detachModelFromGatewayEndpoint } from './gateway-endpoint-models.ts';
import { deleteGatewayEndpointTag, setGatewayEndpointTag } from './gateway-endpoint-tags.ts';
import * as endpoints from './gateway-endpoints.ts';
import * as models from './gateway-models.ts';
import * as secrets from './gateway-secrets.ts';

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** The registry of MLflow's AI gateway, among the calls of the tracking API (method, path, what answers). */
export const GATEWAY_ROUTES: readonly (readonly [Method, string, (call: Call) => Promise<unknown>])[] = [
  ['POST', '/gateway/secrets/create', secrets.createGatewaySecret],
  ['GET', '/gateway/secrets/get', secrets.getGatewaySecretInfo],
  ['GET', '/gateway/secrets/list', secrets.listGatewaySecretInfos],
  ['POST', '/gateway/secrets/update', secrets.updateGatewaySecret],
  ['DELETE', '/gateway/secrets/delete', secrets.deleteGatewaySecret],
  ['POST', '/gateway/model-definitions/create', models.createGatewayModelDefinition],
  ['GET', '/gateway/model-definitions/get', models.getGatewayModelDefinition],
  ['GET', '/gateway/model-definitions/list', models.listGatewayModelDefinitions],
  ['POST', '/gateway/model-definitions/update', models.updateGatewayModelDefinition],
  ['DELETE', '/gateway/model-definitions/delete', models.deleteGatewayModelDefinition],
  ['POST', '/gateway/endpoints/create', endpoints.createGatewayEndpoint],
  ['GET', '/gateway/endpoints/get', endpoints.getGatewayEndpoint],
  ['GET', '/gateway/endpoints/list', endpoints.listGatewayEndpoints],
  ['POST', '/gateway/endpoints/update', endpoints.updateGatewayEndpoint],
  ['DELETE', '/gateway/endpoints/delete', endpoints.deleteGatewayEndpoint],
  ['POST', '/gateway/endpoints/models/attach', attachModelToGatewayEndpoint],
  ['POST', '/gateway/endpoints/models/detach', detachModelFromGatewayEndpoint],
  ['POST', '/gateway/endpoints/set-tag', setGatewayEndpointTag],
  ['DELETE', '/gateway/endpoints/delete-tag', deleteGatewayEndpointTag],
  ['POST', '/gateway/endpoints/bindings/create', bindings.createGatewayEndpointBinding],
  ['GET', '/gateway/endpoints/bindings/list', bindings.listGatewayEndpointBindings],
  ['DELETE', '/gateway/endpoints/bindings/delete', bindings.deleteGatewayEndpointBinding],
];

/** A model that is called through the gateway: registered here, called by nobody. */
export async function invokeThroughGateway(): Promise<never> {
  throw notImplemented('calling models through MLflow’s gateway: call the provider itself');
}
