"""The model registry: registered models, versions, aliases, tags, stages, their search. Argument: a file that gets the name of a model for `az ml`."""

import sys
import uuid

import recording
from recording import refused

import mlflow
from mlflow.tracking import MlflowClient

client = MlflowClient()
mark = f"m{uuid.uuid4().hex[:8]}"
name = f"{mark}-taxi"

model = client.create_registered_model(name, tags={"team": "blue"}, description="fares")
assert (model.name, model.description, model.tags) == (name, "fares", {"team": "blue"})
refused("RESOURCE_ALREADY_EXISTS", lambda: client.create_registered_model(name))
refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_registered_model(f"{mark}-none"))
client.update_registered_model(name, "all fares")
client.set_registered_model_tag(name, "cost", "1")
client.delete_registered_model_tag(name, "team")
model = client.get_registered_model(name)
assert (model.description, model.tags) == ("all fares", {"cost": "1"})

with mlflow.start_run() as run:
    mlflow.log_text("flavors:\n  python_function: {loader_module: none}\n", "model/MLmodel")
source = f"{run.info.artifact_uri}/model"
one = client.create_model_version(name, source, run.info.run_id, tags={"n": "1"}, description="first")
assert (one.version, one.status, one.run_id, one.current_stage) == ("1", "READY", run.info.run_id, "None")
two = client.create_model_version(name, f"runs:/{run.info.run_id}/model", run.info.run_id)
three = client.create_model_version(name, f"models:/{name}/1")
client.update_model_version(name, "2", "second")
client.set_model_version_tag(name, "2", "good", "yes")
client.set_model_version_tag(name, "2", "bad", "no")
client.delete_model_version_tag(name, "2", "bad")
found = client.get_model_version(name, "2")
assert (found.description, found.tags) == ("second", {"good": "yes"})
assert "flavors:" in mlflow.artifacts.load_text(f"models:/{name}/3/MLmodel")
assert client.get_model_version_download_uri(name, "1").endswith(f"{run.info.run_id}/artifacts/model")

client.set_registered_model_alias(name, "champion", "2")
assert client.get_model_version_by_alias(name, "champion").version == "2"
assert client.get_model_version(name, "2").aliases == ["champion"]
assert client.get_registered_model(name).aliases == {"champion": "2"}
client.delete_registered_model_alias(name, "champion")
refused("INVALID_PARAMETER_VALUE", lambda: client.get_model_version_by_alias(name, "champion"))

client.transition_model_version_stage(name, "1", "Production")
client.transition_model_version_stage(name, "2", "production", archive_existing_versions=True)
assert client.get_model_version(name, "1").current_stage == "Archived"
latest = {found.current_stage: found.version for found in client.get_latest_versions(name)}
assert latest == {"None": "3", "Production": "2", "Archived": "1"}, latest
assert [found.version for found in client.get_latest_versions(name, ["Production"])] == ["2"]
refused("INVALID_PARAMETER_VALUE", lambda: client.transition_model_version_stage(name, "1", "Unknown"))

client.rename_registered_model(name, f"{mark}-cabs")
assert [found.version for found in client.search_model_versions(f"name = '{mark}-cabs'", order_by=["version_number ASC"])] == ["1", "2", "3"]
assert [found.version for found in client.search_model_versions(f"name = '{mark}-cabs' AND tags.good = 'yes'")] == ["2"]
assert len(client.search_model_versions(f"run_id = '{run.info.run_id}'")) == 3
assert len(client.search_model_versions(f"name IN ('{mark}-cabs', 'x') AND version_number >= 2")) == 2
assert len(client.search_model_versions(f"name LIKE '{mark}%' AND source_path ILIKE '%MODEL'")) == 2
page = client.search_model_versions(f"name LIKE '{mark}%'", max_results=2)
rest = client.search_model_versions(f"name LIKE '{mark}%'", max_results=2, page_token=page.token)
assert len(page) == 2 and len(rest) == 1 and not rest.token
refused("INVALID_PARAMETER_VALUE", lambda: client.search_model_versions("stage = 'x'"))
for other in ["b", "c"]:
    client.create_registered_model(f"{mark}-{other}", tags={"kind": other})
listed = [found.name for found in client.search_registered_models(f"name LIKE '{mark}%'", order_by=["name DESC"])]
assert listed == [f"{mark}-cabs", f"{mark}-c", f"{mark}-b"], listed
assert [found.name for found in client.search_registered_models("tags.kind = 'c'" f" AND name ILIKE '{mark.upper()}%'")] == [f"{mark}-c"]
page = client.search_registered_models(f"name LIKE '{mark}%'", max_results=2, order_by=["creation_timestamp ASC"])
assert [found.name for found in page] == [f"{mark}-cabs", f"{mark}-b"] and page.token
refused("INVALID_PARAMETER_VALUE", lambda: client.search_registered_models("params.x = '1'"))

client.delete_model_version(f"{mark}-cabs", "3")
refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_model_version(f"{mark}-cabs", "3"))
assert client.create_model_version(f"{mark}-cabs", source, run.info.run_id).version == "4"
client.delete_registered_model(f"{mark}-b")
refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_registered_model(f"{mark}-b"))
refused("INVALID_PARAMETER_VALUE", lambda: client.create_model_version(f"{mark}-cabs", "/etc"))
with open(sys.argv[1], "w") as out:
    out.write(f"{mark}-cabs")
print("registry: fine")
