import { notImplemented } from '../../../kernel/errors.ts';
import type { Call } from '../call.ts';
import * as bindings from './bindings.ts';
import { listGatewayBudgetWindows } from './budget-windows.ts';
import * as budgets from './budgets.ts';
import * as guards from './endpoint-guardrails.ts';
import { attachModelToGatewayEndpoint, detachModelFromGatewayEndpoint } from './endpoint-models.ts';
import { deleteGatewayEndpointTag, setGatewayEndpointTag } from './endpoint-tags.ts';
import * as endpoints from './endpoints.ts';
import * as guardrails from './guardrails.ts';
import * as models from './models.ts';
import * as secrets from './secrets.ts';

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
  ['POST', '/gateway/budgets/create', budgets.createGatewayBudgetPolicy],
  ['GET', '/gateway/budgets/get', budgets.getGatewayBudgetPolicy],
  ['GET', '/gateway/budgets/list', budgets.listGatewayBudgetPolicies],
  ['POST', '/gateway/budgets/update', budgets.updateGatewayBudgetPolicy],
  ['DELETE', '/gateway/budgets/delete', budgets.deleteGatewayBudgetPolicy],
  ['GET', '/gateway/budgets/windows', listGatewayBudgetWindows],
  ['POST', '/gateway/guardrails/create', guardrails.createGatewayGuardrail],
  ['GET', '/gateway/guardrails/get', guardrails.getGatewayGuardrail],
  ['GET', '/gateway/guardrails/list', guardrails.listGatewayGuardrails],
  ['DELETE', '/gateway/guardrails/delete', guardrails.deleteGatewayGuardrail],
  ['POST', '/gateway/guardrails/add-to-endpoint', guards.addGuardrailToEndpoint],
  ['GET', '/gateway/guardrails/list-for-endpoint', guards.listEndpointGuardrailConfigs],
  ['PATCH', '/gateway/guardrails/update-config', guards.updateEndpointGuardrailConfig],
  ['DELETE', '/gateway/guardrails/remove-from-endpoint', guards.removeGuardrailFromEndpoint],
];

/** A model that is called through the gateway: registered here, called by nobody. */
export async function invokeThroughGateway(): Promise<never> {
  throw notImplemented('calling models through MLflow’s gateway: call the provider itself');
}
