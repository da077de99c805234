"""The azureml-mlflow plug-in at the workspace's own address, as in a job: a run's data, its artifacts through the blob host, the registry."""

import os
import pathlib
import tempfile

import mlflow
from mlflow.tracking import MlflowClient

client = MlflowClient()
run = os.environ["MLFLOW_RUN_ID"]
assert type(client._tracking_client.store).__name__ == "AzureMLRestStore"
client.log_metric(run, "loss", 0.5, step=1)
client.log_param(run, "a", 1)
client.set_tag(run, "t", "x")
found = client.get_run(run)
assert found.data.metrics == {"loss": 0.5} and found.data.params == {"a": "1"}, found.data
assert found.info.artifact_uri.startswith("azureml://"), found.info.artifact_uri
mlflow.set_experiment("by-plug-in")
file = pathlib.Path(tempfile.mkdtemp()) / "f.txt"
file.write_text("hello")
client.log_artifact(run, str(file), "sub")
assert [one.path for one in client.list_artifacts(run, "sub")] == ["sub/f.txt"]
assert pathlib.Path(client.download_artifacts(run, "sub/f.txt", tempfile.mkdtemp())).read_text() == "hello"
client.create_registered_model("plug-model")
version = client.create_model_version("plug-model", f"{found.info.artifact_uri}/sub", run)
assert (version.version, version.status) == ("1", "READY")
assert client.get_model_version_download_uri("plug-model", "1") == f"{found.info.artifact_uri}/sub"
print("plug-in: fine")
