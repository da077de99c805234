"""Logged models of MLflow 3, autolog of scikit-learn, a model logged, registered, loaded and asked."""

import json
import uuid

import recording
from recording import refused

import mlflow
import mlflow.sklearn
import numpy
import pandas
from mlflow.entities import LoggedModelParameter, LoggedModelStatus, Metric
from mlflow.tracking import MlflowClient
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

client = MlflowClient()
mark = uuid.uuid4().hex[:8]
experiment = mlflow.set_experiment(f"models-{mark}").experiment_id

# Call by call.
model = client.create_logged_model(experiment, name="plain", tags={"a": "b"}, params={"p": "1"}, model_type="probe")
assert model.status == LoggedModelStatus.PENDING
client.log_model_params(model.model_id, {"q": "2"})
client.set_logged_model_tags(model.model_id, {"c": "d"})
client.delete_logged_model_tag(model.model_id, "a")
client.finalize_logged_model(model.model_id, "READY")
found = client.get_logged_model(model.model_id)
assert found.status == LoggedModelStatus.READY and found.params == {"p": "1", "q": "2"} and found.tags == {"c": "d"}, found
client.log_model_artifact(model.model_id, __file__)
assert [one.path for one in client.list_logged_model_artifacts(model.model_id)] == ["models.py"]
store = client._tracking_client.store
from mlflow.protos.service_pb2 import ListLoggedModelArtifacts, LogModel
from mlflow.utils.proto_json_utils import message_to_json

listed = store._call_endpoint(
    ListLoggedModelArtifacts, endpoint=f"/api/2.0/mlflow/logged-models/{model.model_id}/artifacts/directories"
)
assert [one.path for one in listed.files] == ["models.py"], listed

with mlflow.start_run() as run:
    for step in range(3):
        client.log_metric(run.info.run_id, "acc", step / 10, step=step, model_id=model.model_id, dataset_name="iris", dataset_digest="d1")
store._call_endpoint(LogModel, message_to_json(LogModel(run_id=run.info.run_id, model_json=json.dumps({"artifact_path": "m"}))))
second = client.create_logged_model(experiment, name="second", model_type="other")


def search(text="", **options):
    return [one.name for one in client.search_logged_models([experiment], text or None, **options)]


assert search() == ["second", "plain"], search()
assert search("name = 'plain' AND params.p = '1' AND tags.c LIKE 'd%'") == ["plain"]
assert search("metrics.acc >= 0.2") == ["plain"]
assert search("status = 'READY'") == ["plain"] and search("model_type = 'other'") == ["second"]
assert search("creation_timestamp > 0", order_by=[{"field_name": "name", "ascending": True}]) == ["plain", "second"]
assert search(datasets=[{"dataset_name": "iris"}]) == ["plain"]
assert search(order_by=[{"field_name": "metrics.acc", "ascending": False, "dataset_name": "iris"}]) == ["plain", "second"]
page = client.search_logged_models([experiment], max_results=1)
assert page.token and client.search_logged_models([experiment], max_results=1, page_token=page.token)[0].name == "plain"
refused("INVALID_PARAMETER_VALUE", lambda: search("none = 'x'"))
client.delete_logged_model(second.model_id)
refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_logged_model(second.model_id))
assert search() == ["plain"]

# Autolog of scikit-learn, with child runs of a search.
mlflow.sklearn.autolog(max_tuning_runs=3)
x, y = load_iris(return_X_y=True, as_frame=True)
with mlflow.start_run(run_name="auto") as auto:
    fitted = LogisticRegression(max_iter=500).fit(x, y)
    fitted.score(x, y)
data = client.get_run(auto.info.run_id).data
assert data.params["max_iter"] == "500" and data.metrics["training_accuracy_score"] > 0.9, data
assert data.tags["estimator_name"] == "LogisticRegression"
assert client.get_run(auto.info.run_id).inputs.dataset_inputs, "autolog notes its data set"
logged = client.search_logged_models([experiment], f"source_run_id = '{auto.info.run_id}'")
assert len(logged) == 1 and logged[0].status == LoggedModelStatus.READY
assert any(one.key == "training_accuracy_score" for one in logged[0].metrics), logged[0].metrics
assert client.get_run(auto.info.run_id).outputs.model_outputs[0].model_id == logged[0].model_id
assert {one.path for one in client.list_artifacts(auto.info.run_id)} >= {"training_confusion_matrix.png", "estimator.html"}
with mlflow.start_run(run_name="grid") as grid:
    GridSearchCV(LogisticRegression(max_iter=300), {"C": [0.1, 1.0, 10.0]}, cv=2).fit(x, y)
children = client.search_runs([experiment], f"tags.mlflow.parentRunId = '{grid.info.run_id}'")
assert len(children) == 3, children
mlflow.sklearn.autolog(disable=True)

# Logged, registered, loaded, asked.
name = f"iris-{mark}"
with mlflow.start_run():
    info = mlflow.sklearn.log_model(fitted, name="iris", input_example=x.head(2), registered_model_name=name)
version = client.get_model_version(name, "1")
assert version.status == "READY" and version.source == f"models:/{info.model_id}", version
# The client notes it too, after the server did.
assert {"name": name, "version": "1"} in json.loads(client.get_logged_model(info.model_id).tags["mlflow.modelVersions"])
client.set_registered_model_alias(name, "best", "1")
for address in [info.model_uri, f"models:/{name}/1", f"models:/{name}@best", f"models:/{info.model_id}"]:
    loaded = mlflow.pyfunc.load_model(address)
    assert numpy.array_equal(loaded.predict(x.head(5)), fitted.predict(x.head(5))), address
again = mlflow.register_model(info.model_uri, name)
assert again.version == "2"
copied = client.copy_model_version(f"models:/{name}/1", f"{name}-copy")
assert copied.version == "1" and mlflow.sklearn.load_model(f"models:/{name}-copy/1").predict(x.head(1)).shape == (1,)
print("models: fine")
