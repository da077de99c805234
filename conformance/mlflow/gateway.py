"""The registry of MLflow's AI gateway: secrets and model definitions."""

import uuid

import recording
from recording import refused

from mlflow.tracking import MlflowClient

client = MlflowClient()
store = client._tracking_client.store
mark = f"g{uuid.uuid4().hex[:8]}"

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

store.delete_gateway_secret(secret.secret_id)
refused("RESOURCE_DOES_NOT_EXIST", lambda: store.delete_gateway_secret(secret.secret_id))
orphan = store.get_gateway_model_definition(large.model_definition_id)
assert (orphan.secret_id, orphan.secret_name) == (None, None), orphan
print("gateway: fine")
