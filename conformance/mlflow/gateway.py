"""The registry of MLflow's AI gateway: secrets, model definitions, endpoints with their models, tags and bindings, budgets, guardrails."""

import os
import uuid

import recording
from recording import refused

from mlflow.entities import FallbackConfig, GatewayEndpointModelConfig, GatewayEndpointTag, GatewayResourceType, RoutingStrategy
from mlflow.entities.gateway_budget_policy import BudgetAction, BudgetDuration, BudgetDurationUnit, BudgetTargetScope, BudgetUnit
from mlflow.entities.gateway_endpoint import FallbackStrategy, GatewayModelLinkageType
from mlflow.entities.gateway_guardrail import GuardrailAction, GuardrailStage
from mlflow.exceptions import MlflowException
from mlflow.genai.judges import make_judge
from mlflow.genai.scorers import scorer
from mlflow.protos.service_pb2 import ListGatewayBudgetWindows
from mlflow.tracking import MlflowClient
from mlflow.utils.proto_json_utils import message_to_json

# Prices of models, which the client would fetch from elsewhere.
os.environ["MLFLOW_MODEL_CATALOG_URI"] = ""
client = MlflowClient()
store = client._tracking_client.store
mark = f"g{uuid.uuid4().hex[:8]}"
experiment = client.create_experiment(mark)

key = {"api_key": "sk-abcdefghijkl", "pin": "1234567"}
secret = store.create_gateway_secret(mark, key, provider=mark, auth_config={"api_base": " https://8.8.8.8/v1 "}, created_by="eve")
assert secret.masked_values == {"api_key": "sk-...ijkl", "pin": "***"}, secret
assert (secret.secret_name, secret.provider, secret.auth_config, secret.created_by, secret.last_updated_by) == (
    mark,
    mark,
    {"api_base": "https://8.8.8.8/v1"},
    "eve",
    "eve",
), secret
assert secret.secret_id.startswith("s-") and secret.created_at == secret.last_updated_at
assert store.get_secret_info(secret.secret_id) == secret
refused("INVALID_PARAMETER_VALUE", lambda: store.get_secret_info(secret_name=mark))
refused("RESOURCE_DOES_NOT_EXIST", lambda: store.get_secret_info("s-none"))
refused("RESOURCE_ALREADY_EXISTS", lambda: store.create_gateway_secret(mark, key))
assert store.create_gateway_secret(f"{mark}-keyless", {}).masked_values == {}
refused("INVALID_PARAMETER_VALUE", lambda: store.create_gateway_secret(f"{mark}-elsewhere", {"base_url": "https://8.8.8.8"}))
for steering in [{"base_url": "https://8.8.8.8"}, {"api_base": "http://8.8.8.8"}, {"api_base": "https://eve:pw@8.8.8.8"}]:
    refused("INVALID_PARAMETER_VALUE", lambda: store.create_gateway_secret(f"{mark}-elsewhere", key, auth_config=steering))
other = store.create_gateway_secret(f"{mark}-other", {"api_key": "other-secret"})
assert (other.provider, other.auth_config, other.created_by) == (None, None, None), other
assert [one.secret_id for one in store.list_secret_infos(provider=mark)] == [secret.secret_id]
assert {secret.secret_id, other.secret_id} <= {one.secret_id for one in store.list_secret_infos()}
changed = store.update_gateway_secret(secret.secret_id, auth_config={"auth_mode": "key"}, updated_by="bob")
assert (changed.masked_values, changed.auth_config, changed.created_by, changed.last_updated_by) == (
    secret.masked_values,
    {"auth_mode": "key"},
    "eve",
    "bob",
), changed
changed = store.update_gateway_secret(secret.secret_id, {"api_key": "sk-0123456789"})
assert (changed.masked_values, changed.auth_config) == ({"api_key": "sk-...6789"}, {"auth_mode": "key"}), changed
assert store.update_gateway_secret(secret.secret_id, auth_config={"api_base": " "}).auth_config is None
refused("RESOURCE_DOES_NOT_EXIST", lambda: store.update_gateway_secret("s-none", key))

large = store.create_gateway_model_definition(f"{mark}-large", secret.secret_id, mark, "large", created_by="eve")
small = store.create_gateway_model_definition(f"{mark}-small", other.secret_id, mark, "small")
assert (large.secret_id, large.secret_name, large.provider, large.model_name) == (secret.secret_id, mark, mark, "large"), large
assert store.get_gateway_model_definition(large.model_definition_id) == large
refused("RESOURCE_DOES_NOT_EXIST", lambda: store.get_gateway_model_definition("d-none"))
refused("RESOURCE_ALREADY_EXISTS", lambda: store.create_gateway_model_definition(f"{mark}-large", secret.secret_id, mark, "x"))
refused("RESOURCE_DOES_NOT_EXIST", lambda: store.create_gateway_model_definition(f"{mark}-x", "s-none", mark, "x"))
refused("INVALID_PARAMETER_VALUE", lambda: store.create_gateway_model_definition(f"{mark}-x", secret.secret_id, "", "x"))
assert {one.name for one in store.list_gateway_model_definitions(provider=mark)} == {large.name, small.name}
assert [one.name for one in store.list_gateway_model_definitions(secret_id=other.secret_id)] == [small.name]
changed = store.update_gateway_model_definition(small.model_definition_id, model_name="tiny", updated_by="bob")
assert (changed.name, changed.model_name, changed.secret_id, changed.last_updated_by) == (small.name, "tiny", other.secret_id, "bob"), changed
refused("RESOURCE_ALREADY_EXISTS", lambda: store.update_gateway_model_definition(small.model_definition_id, name=large.name))
refused("RESOURCE_DOES_NOT_EXIST", lambda: store.update_gateway_model_definition(small.model_definition_id, secret_id="s-none"))
spare = store.create_gateway_model_definition(f"{mark}-spare", secret.secret_id, mark, "spare")
store.delete_gateway_model_definition(spare.model_definition_id)
refused("RESOURCE_DOES_NOT_EXIST", lambda: store.delete_gateway_model_definition(spare.model_definition_id))


def config(definition, linkage=GatewayModelLinkageType.PRIMARY, **fields):
    return GatewayEndpointModelConfig(definition.model_definition_id, linkage, **fields)


def models(endpoint):
    return [(one.model_definition.model_name, one.linkage_type.value, one.weight, one.fallback_order) for one in endpoint.model_mappings]


FALLBACK = GatewayModelLinkageType.FALLBACK
both = [config(large, weight=0.5), config(small, FALLBACK, fallback_order=0)]
endpoint = store.create_gateway_endpoint(
    mark,
    both,
    created_by="eve",
    routing_strategy=RoutingStrategy.REQUEST_BASED_TRAFFIC_SPLIT,
    fallback_config=FallbackConfig(FallbackStrategy.SEQUENTIAL, 2),
)
assert (endpoint.name, endpoint.created_by, endpoint.routing_strategy, endpoint.usage_tracking) == (
    mark,
    "eve",
    RoutingStrategy.REQUEST_BASED_TRAFFIC_SPLIT,
    True,
), endpoint
assert endpoint.fallback_config == FallbackConfig(FallbackStrategy.SEQUENTIAL, 2), endpoint
assert sorted(models(endpoint)) == [("large", "PRIMARY", 0.5, None), ("tiny", "FALLBACK", 1.0, 0)], endpoint
usage = client.get_experiment(endpoint.experiment_id)
assert usage.name == f"gateway/{mark}" and usage.tags["mlflow.experiment.sourceId"] == endpoint.endpoint_id, usage
assert (usage.tags["mlflow.experiment.sourceType"], usage.tags["mlflow.experiment.isGateway"]) == ("GATEWAY", "true"), usage
for found in [store.get_gateway_endpoint(endpoint.endpoint_id), store.get_gateway_endpoint(name=mark)]:
    assert (found.endpoint_id, sorted(models(found))) == (endpoint.endpoint_id, sorted(models(endpoint))), found
quiet = store.create_gateway_endpoint(f"{mark}.quiet", [config(large)], usage_tracking=False)
assert (quiet.experiment_id, quiet.usage_tracking, quiet.fallback_config, quiet.routing_strategy) == (None, False, None, None), quiet
own = store.create_gateway_endpoint(f"{mark}-own", [config(large)], experiment_id=experiment)
assert own.experiment_id == experiment
for wrong in [lambda: store.get_gateway_endpoint(), lambda: store.get_gateway_endpoint(endpoint.endpoint_id, mark)]:
    refused("INVALID_PARAMETER_VALUE", wrong)
refused("RESOURCE_DOES_NOT_EXIST", lambda: store.get_gateway_endpoint(name=f"{mark}-none"))
refused("INVALID_PARAMETER_VALUE", lambda: store.create_gateway_endpoint(f"{mark} x", both))
refused("INVALID_PARAMETER_VALUE", lambda: store.create_gateway_endpoint(f"{mark}-x", []))
refused("RESOURCE_DOES_NOT_EXIST", lambda: store.create_gateway_endpoint(f"{mark}-x", [GatewayEndpointModelConfig("d-none", FALLBACK)]))
refused("INVALID_STATE", lambda: store.delete_gateway_model_definition(large.model_definition_id))
assert {one.name for one in store.list_gateway_endpoints(provider=mark)} == {mark, quiet.name, own.name}
assert {mark, quiet.name, own.name} <= {one.name for one in store.list_gateway_endpoints()}
changed = store.update_gateway_endpoint(endpoint.endpoint_id, fallback_config=FallbackConfig(max_attempts=1), updated_by="bob")
assert (changed.fallback_config, changed.name, changed.last_updated_by) == (FallbackConfig(None, 1), mark, "bob"), changed
changed = store.update_gateway_endpoint(endpoint.endpoint_id, name=f"{mark}-renamed", model_configs=[config(small)])
assert (changed.name, models(changed), changed.experiment_id) == (f"{mark}-renamed", [("tiny", "PRIMARY", 1.0, None)], usage.experiment_id), changed
changed = store.update_gateway_endpoint(quiet.endpoint_id, usage_tracking=True)
assert client.get_experiment(changed.experiment_id).name == f"gateway/{quiet.name}"
refused("RESOURCE_DOES_NOT_EXIST", lambda: store.update_gateway_endpoint("e-none", name=f"{mark}-x"))
refused("RESOURCE_DOES_NOT_EXIST", lambda: store.update_gateway_endpoint(quiet.endpoint_id, model_configs=[GatewayEndpointModelConfig("d-none", FALLBACK)]))

mapping = store.attach_model_to_endpoint(endpoint.endpoint_id, config(large, FALLBACK, fallback_order=1), created_by="cid")
assert (mapping.endpoint_id, mapping.model_definition.name, mapping.linkage_type, mapping.fallback_order, mapping.weight, mapping.created_by) == (
    endpoint.endpoint_id,
    large.name,
    FALLBACK,
    1,
    1.0,
    "cid",
), mapping
assert store.get_gateway_endpoint(endpoint.endpoint_id).last_updated_by == "cid"
refused("RESOURCE_ALREADY_EXISTS", lambda: store.attach_model_to_endpoint(endpoint.endpoint_id, config(large, FALLBACK)))
refused("RESOURCE_DOES_NOT_EXIST", lambda: store.attach_model_to_endpoint("e-none", config(large)))
refused("RESOURCE_DOES_NOT_EXIST", lambda: store.attach_model_to_endpoint(endpoint.endpoint_id, GatewayEndpointModelConfig("d-none", FALLBACK)))
store.detach_model_from_endpoint(endpoint.endpoint_id, large.model_definition_id)
assert models(store.get_gateway_endpoint(endpoint.endpoint_id)) == [("tiny", "PRIMARY", 1.0, None)]
refused("RESOURCE_DOES_NOT_EXIST", lambda: store.detach_model_from_endpoint(endpoint.endpoint_id, large.model_definition_id))
refused("RESOURCE_DOES_NOT_EXIST", lambda: store.detach_model_from_endpoint("e-none", large.model_definition_id))

store.set_gateway_endpoint_tag(endpoint.endpoint_id, GatewayEndpointTag("team", "a"))
store.set_gateway_endpoint_tag(endpoint.endpoint_id, GatewayEndpointTag("team", "b"))
store.set_gateway_endpoint_tag(endpoint.endpoint_id, GatewayEndpointTag("cost", "high"))
store.delete_gateway_endpoint_tag(endpoint.endpoint_id, "cost")
store.delete_gateway_endpoint_tag(endpoint.endpoint_id, "never")
assert [(one.key, one.value) for one in store.get_gateway_endpoint(endpoint.endpoint_id).tags] == [("team", "b")]
refused("RESOURCE_DOES_NOT_EXIST", lambda: store.set_gateway_endpoint_tag("e-none", GatewayEndpointTag("team", "b")))
refused("RESOURCE_DOES_NOT_EXIST", lambda: store.delete_gateway_endpoint_tag("e-none", "team"))

SCORER = GatewayResourceType.SCORER
binding = store.create_endpoint_binding(endpoint.endpoint_id, SCORER, f"{mark}-scorer", created_by="eve")
assert (binding.endpoint_id, binding.resource_type, binding.resource_id, binding.created_by) == (endpoint.endpoint_id, SCORER, f"{mark}-scorer", "eve"), binding
refused("RESOURCE_DOES_NOT_EXIST", lambda: store.create_endpoint_binding("e-none", SCORER, f"{mark}-scorer"))
for filters in [{"endpoint_id": endpoint.endpoint_id}, {"resource_type": SCORER, "resource_id": f"{mark}-scorer"}]:
    assert [one.resource_id for one in store.list_endpoint_bindings(**filters)] == [f"{mark}-scorer"]
store.delete_endpoint_binding(endpoint.endpoint_id, SCORER.value, f"{mark}-scorer")
refused("RESOURCE_DOES_NOT_EXIST", lambda: store.delete_endpoint_binding(endpoint.endpoint_id, SCORER.value, f"{mark}-scorer"))

MONTH = BudgetDuration(BudgetDurationUnit.MONTHS, 1)
budget = store.create_budget_policy(BudgetUnit.USD, 12.5, MONTH, BudgetTargetScope.WORKSPACE, BudgetAction.ALERT, created_by="eve")
assert (budget.budget_amount, budget.duration, budget.target_scope, budget.budget_action, budget.target_value, budget.created_by) == (
    12.5,
    MONTH,
    BudgetTargetScope.WORKSPACE,
    BudgetAction.ALERT,
    None,
    "eve",
), budget
assert store.get_budget_policy(budget.budget_policy_id) == budget
capped = store.create_budget_policy(
    BudgetUnit.USD, 1, BudgetDuration(BudgetDurationUnit.HOURS, 6), BudgetTargetScope.ENDPOINT, BudgetAction.REJECT, target_value=endpoint.endpoint_id
)
assert capped.target_value == endpoint.endpoint_id, capped


def made(scope=BudgetTargetScope.GLOBAL, duration=MONTH, **fields):
    return store.create_budget_policy(BudgetUnit.USD, 1, duration, scope, BudgetAction.ALERT, **fields)


refused("INVALID_PARAMETER_VALUE", lambda: made(duration=BudgetDuration(BudgetDurationUnit.DAYS, 0)))
refused("INVALID_PARAMETER_VALUE", lambda: made(target_value="x"))
refused("INVALID_PARAMETER_VALUE", lambda: made(BudgetTargetScope.ENDPOINT))
refused("INVALID_PARAMETER_VALUE", lambda: made(BudgetTargetScope.USER, target_value="eve"))
refused("RESOURCE_DOES_NOT_EXIST", lambda: made(BudgetTargetScope.ENDPOINT, target_value="e-none"))
refused("RESOURCE_DOES_NOT_EXIST", lambda: store.get_budget_policy("bp-none"))
changed = store.update_budget_policy(budget.budget_policy_id, budget_amount=20, budget_action=BudgetAction.REJECT, updated_by="bob")
assert (changed.budget_amount, changed.budget_action, changed.duration, changed.last_updated_by) == (20, BudgetAction.REJECT, MONTH, "bob"), changed
changed = store.update_budget_policy(capped.budget_policy_id, target_scope=BudgetTargetScope.GLOBAL)
assert (changed.target_scope, changed.target_value) == (BudgetTargetScope.GLOBAL, None), changed
refused("INVALID_PARAMETER_VALUE", lambda: store.update_budget_policy(capped.budget_policy_id, target_scope=BudgetTargetScope.ENDPOINT))
refused("RESOURCE_DOES_NOT_EXIST", lambda: store.update_budget_policy("bp-none", budget_amount=2))
first = store.list_budget_policies(max_results=1)
assert len(first) == 1 and len(store.list_budget_policies(max_results=1, page_token=first.token)) == 1
assert {budget.budget_policy_id, capped.budget_policy_id} <= {one.budget_policy_id for one in store.list_budget_policies()}
# The client's own path for this one is of a version that the reference server does not serve it under.
WINDOWS = "/api/3.0/mlflow/gateway/budgets/windows"
listed = store._call_endpoint(ListGatewayBudgetWindows, message_to_json(ListGatewayBudgetWindows()), endpoint=WINDOWS).windows
window = {one.budget_policy_id: one for one in listed}[capped.budget_policy_id]
assert window.window_end_ms - window.window_start_ms == 6 * 3_600_000 and window.window_start_ms % (6 * 3_600_000) == 0, window
assert window.current_spend == 0, window
for policy in [budget, capped]:
    store.delete_budget_policy(policy.budget_policy_id)
refused("RESOURCE_DOES_NOT_EXIST", lambda: store.delete_budget_policy(budget.budget_policy_id))


@scorer
def coded(outputs):
    return True


judge = make_judge(name="polite", instructions="Is {{ outputs }} polite?", model="openai:/gpt-4o", feedback_value_type=bool)
judge = judge.register(experiment_id=experiment)
judged = store.get_scorer(experiment, "polite")
coded.register(experiment_id=experiment)
code = store.get_scorer(experiment, "coded")
BEFORE, VALIDATION = GuardrailStage.BEFORE, GuardrailAction.VALIDATION
guard = store.create_gateway_guardrail(mark, judged.scorer_id, 1, BEFORE, VALIDATION)
assert (guard.name, guard.scorer.scorer_name, guard.scorer.scorer_version, guard.stage, guard.action, guard.action_endpoint_name) == (
    mark,
    "polite",
    1,
    BEFORE,
    VALIDATION,
    None,
), guard
cleaner = store.create_gateway_guardrail(
    mark, judged.scorer_id, 1, GuardrailStage.AFTER, GuardrailAction.SANITIZATION, action_endpoint_id=quiet.endpoint_id
)
assert cleaner.action_endpoint_name == quiet.name, cleaner
assert store.get_gateway_guardrail(guard.guardrail_id).scorer.serialized_scorer == guard.scorer.serialized_scorer
refused("RESOURCE_DOES_NOT_EXIST", lambda: store.create_gateway_guardrail(mark, "none", 1, BEFORE, VALIDATION))
refused("RESOURCE_DOES_NOT_EXIST", lambda: store.create_gateway_guardrail(mark, judged.scorer_id, 9, BEFORE, VALIDATION))
refused("INVALID_PARAMETER_VALUE", lambda: store.create_gateway_guardrail(mark, code.scorer_id, 1, BEFORE, VALIDATION))
refused("RESOURCE_DOES_NOT_EXIST", lambda: store.get_gateway_guardrail("gr-none"))
first = store.list_gateway_guardrails(max_results=1)
assert len(first) == 1 and len(store.list_gateway_guardrails(max_results=1, page_token=first.token)) == 1
added = store.add_guardrail_to_endpoint(endpoint.endpoint_id, guard.guardrail_id, execution_order=2)
assert (added.endpoint_id, added.guardrail_id, added.execution_order, added.guardrail.name) == (endpoint.endpoint_id, guard.guardrail_id, 2, mark), added
assert store.add_guardrail_to_endpoint(endpoint.endpoint_id, cleaner.guardrail_id).execution_order is None
refused("RESOURCE_ALREADY_EXISTS", lambda: store.add_guardrail_to_endpoint(endpoint.endpoint_id, guard.guardrail_id))
refused("RESOURCE_DOES_NOT_EXIST", lambda: store.add_guardrail_to_endpoint("e-none", guard.guardrail_id))
refused("RESOURCE_DOES_NOT_EXIST", lambda: store.add_guardrail_to_endpoint(endpoint.endpoint_id, "gr-none"))


def order():
    return [one.guardrail_id for one in store.list_endpoint_guardrail_configs(endpoint.endpoint_id)]


assert order() == [guard.guardrail_id, cleaner.guardrail_id]
changed = store.update_endpoint_guardrail_config(endpoint.endpoint_id, cleaner.guardrail_id, execution_order=1)
assert changed.execution_order == 1 and order() == [cleaner.guardrail_id, guard.guardrail_id], changed
refused("RESOURCE_DOES_NOT_EXIST", lambda: store.update_endpoint_guardrail_config(endpoint.endpoint_id, "gr-none", execution_order=1))
store.remove_guardrail_from_endpoint(endpoint.endpoint_id, cleaner.guardrail_id)
refused("RESOURCE_DOES_NOT_EXIST", lambda: store.remove_guardrail_from_endpoint(endpoint.endpoint_id, cleaner.guardrail_id))
refused("RESOURCE_DOES_NOT_EXIST", lambda: store.list_endpoint_guardrail_configs("e-none"))
store.delete_gateway_guardrail(guard.guardrail_id)
assert order() == []
refused("RESOURCE_DOES_NOT_EXIST", lambda: store.delete_gateway_guardrail(guard.guardrail_id))

# A judge whose model is behind the gateway asks for it without a token, once.
asking = make_judge(name="asking", instructions="Is {{ outputs }} polite?", model=f"gateway:/{quiet.name}", feedback_value_type=bool)
try:
    asking(outputs="hello")
except MlflowException as error:
    assert "not implemented" in str(error), error
else:
    raise AssertionError("the gateway called a model")

store.create_endpoint_binding(endpoint.endpoint_id, SCORER, f"{mark}-scorer")
for one in [endpoint, quiet, own]:
    store.delete_gateway_endpoint(one.endpoint_id)
refused("RESOURCE_DOES_NOT_EXIST", lambda: store.delete_gateway_endpoint(endpoint.endpoint_id))
assert store.list_endpoint_bindings(endpoint_id=endpoint.endpoint_id) == []
assert store.get_gateway_guardrail(cleaner.guardrail_id).action_endpoint_name is None
store.delete_gateway_guardrail(cleaner.guardrail_id)
store.delete_gateway_secret(secret.secret_id)
refused("RESOURCE_DOES_NOT_EXIST", lambda: store.delete_gateway_secret(secret.secret_id))
orphan = store.get_gateway_model_definition(large.model_definition_id)
assert (orphan.secret_id, orphan.secret_name) == (None, None), orphan
print("gateway: fine")
