"""Experiments, runs, metrics, params, tags, inputs: what a script logs, and how it is read back."""

import math
import time
import uuid

import recording
from recording import refused

import mlflow
from mlflow.entities import Dataset, DatasetInput, InputTag, LoggedModelOutput, Metric, Param, RunTag
from mlflow.tracking import MlflowClient

client = MlflowClient()
store = client._tracking_client.store
name = f"taxi-{uuid.uuid4().hex[:8]}"

# Experiments.
experiment = client.create_experiment(name, tags={"team": "blue"})
assert client.get_experiment(experiment).name == name
assert client.get_experiment_by_name(name).experiment_id == experiment
assert client.get_experiment_by_name(f"{name}-none") is None
refused("RESOURCE_ALREADY_EXISTS", lambda: client.create_experiment(name))
refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_experiment("no-such-id"))
client.set_experiment_tag(experiment, "stage", "try")
client.delete_experiment_tag(experiment, "team")
assert client.get_experiment(experiment).tags == {"stage": "try"}
client.rename_experiment(experiment, f"{name}-renamed")
assert client.get_experiment(experiment).name == f"{name}-renamed"
client.delete_experiment(experiment)
assert client.get_experiment(experiment).lifecycle_stage == "deleted"
refused("RESOURCE_ALREADY_EXISTS", lambda: client.create_experiment(f"{name}-renamed"))
client.restore_experiment(experiment)
assert client.get_experiment(experiment).lifecycle_stage == "active"

# A run, call by call.
run = client.create_run(experiment, run_name="first", tags={"kind": "probe"}).info.run_id
client.log_metric(run, "loss", 0.5, step=1)
client.log_metric(run, "loss", 0.25, step=2)
client.log_metric(run, "broken", math.nan)
client.log_metric(run, "far", -math.inf)
client.log_param(run, "alpha", 0.1)
client.log_param(run, "alpha", 0.1)
refused("INVALID_PARAMETER_VALUE", lambda: client.log_param(run, "alpha", 0.2))
client.set_tag(run, "note", "x" * 8000)
client.set_tag(run, "gone", "soon")
client.delete_tag(run, "gone")
refused("RESOURCE_DOES_NOT_EXIST", lambda: client.delete_tag(run, "gone"))
now = int(time.time() * 1000)
client.log_batch(
    run,
    metrics=[Metric("many", float(step), now, step) for step in range(2500)],
    params=[Param(f"p{n}", "v") for n in range(150)],
    tags=[RunTag("batch", "yes")],
)
found = client.get_run(run)
assert found.data.metrics["loss"] == 0.25 and found.data.metrics["many"] == 2499.0
assert math.isnan(found.data.metrics["broken"]) and found.data.metrics["far"] == -math.inf
assert found.data.params["alpha"] == "0.1" and len(found.data.params) == 151
assert found.data.tags["kind"] == "probe" and found.data.tags["batch"] == "yes" and "gone" not in found.data.tags
assert [point.value for point in client.get_metric_history(run, "loss")] == [0.5, 0.25]
assert len(client.get_metric_history(run, "many")) == 2500
first = store.get_metric_history(run, "many", max_results=1000)
second = store.get_metric_history(run, "many", max_results=1000, page_token=first.token)
assert [point.step for point in first][-1] == 999 and second[0].step == 1000
from mlflow.protos.service_pb2 import GetMetricHistoryBulkInterval
from mlflow.utils.proto_json_utils import message_to_json

thinned = store._call_endpoint(
    GetMetricHistoryBulkInterval,
    message_to_json(GetMetricHistoryBulkInterval(run_ids=[run], metric_key="many", max_results=100)),
)
steps = [point.step for point in thinned.metrics]
assert steps[0] == 0 and steps[-1] == 2499 and 100 <= len(steps) <= 202, steps

client.log_inputs(
    run,
    [DatasetInput(Dataset("iris", "d1", "local", "here"), [InputTag("mlflow.data.context", "train")])],
)
client.log_outputs(run, [LoggedModelOutput("m-" + "0" * 32, 3)])
found = client.get_run(run)
assert found.inputs.dataset_inputs[0].dataset.name == "iris"
assert found.outputs.model_outputs[0].step == 3
client.update_run(run, status="FINISHED", name="renamed")
client.set_terminated(run, "FAILED")
assert client.get_run(run).info.status == "FAILED" and client.get_run(run).info.run_name == "renamed"
client.delete_run(run)
refused("INVALID_PARAMETER_VALUE", lambda: client.log_metric(run, "loss", 1))
client.restore_run(run)
client.log_metric(run, "loss", 1, step=3)
refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_run("none"))
refused("INVALID_PARAMETER_VALUE", lambda: store.log_metric(run, Metric("k" * 251, 1, 1, 1)))

# The same as a script writes it, nested.
mlflow.set_experiment(f"{name}-renamed")
with mlflow.start_run(run_name="parent") as parent:
    mlflow.log_params({"depth": 3, "text": "a b"})
    for child in range(3):
        with mlflow.start_run(run_name=f"child-{child}", nested=True) as inner:
            mlflow.log_metrics({"score": child / 10, "other": 1.0}, step=child)
            with mlflow.start_run(run_name="grandchild", nested=True):
                mlflow.log_metric("deep", 1)
    mlflow.set_tags({"done": "yes"})
    mlflow.log_metric("async", 1, synchronous=False)
    mlflow.log_dict({"a": 1}, "settings.json")
mlflow.flush_async_logging()
children = client.search_runs([experiment], f"tags.mlflow.parentRunId = '{parent.info.run_id}'", order_by=["metrics.score DESC"])
assert [child.info.run_name for child in children] == ["child-2", "child-1", "child-0"]
assert client.get_run(parent.info.run_id).info.status == "FINISHED"
assert client.get_run(parent.info.run_id).data.metrics["async"] == 1
try:
    with mlflow.start_run() as broken:
        raise ValueError("the script's own fault")
except ValueError:
    pass
assert client.get_run(broken.info.run_id).info.status == "FAILED"
print("runs: fine")
