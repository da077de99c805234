"""MLflow's own workspaces: those of Azure ML in the group of the address, named by mlflow.set_workspace."""

import pathlib
import tempfile
import uuid

import recording
from recording import refused

import mlflow
from mlflow.entities.workspace import WorkspaceDeletionMode
from mlflow.tracking import MlflowClient
from mlflow.tracking._workspace.client import WorkspaceProviderClient

workspaces = WorkspaceProviderClient(mlflow.get_tracking_uri())
name = f"team-{uuid.uuid4().hex[:8]}"
own = workspaces.get_workspace("default").name
made = workspaces.create_workspace(name, description="ours")
assert (made.name, made.description) == (name, "ours"), made
assert {own, name} <= {one.name for one in workspaces.list_workspaces()}
assert workspaces.get_workspace(name).description == "ours"
assert workspaces.update_workspace(name, description="changed").description == "changed"
refused("RESOURCE_ALREADY_EXISTS", lambda: workspaces.create_workspace(name))
refused("RESOURCE_DOES_NOT_EXIST", lambda: workspaces.get_workspace("team-none"))
refused("NOT_IMPLEMENTED", lambda: workspaces.update_workspace(name, default_artifact_root="s3://bucket"))

mlflow.set_workspace(name)
client = MlflowClient()
experiment = client.create_experiment("in-it")
run = client.create_run(experiment).info.run_id
client.log_metric(run, "m", 1)
file = pathlib.Path(tempfile.mkdtemp()) / "f.txt"
file.write_text("hello")
client.log_artifact(run, str(file))
assert pathlib.Path(client.download_artifacts(run, "f.txt", tempfile.mkdtemp())).read_text() == "hello"
with mlflow.start_span(name="s"):
    pass
mlflow.flush_trace_async_logging()
mlflow.set_workspace(None)
client = MlflowClient()
refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_run(run))
assert client.get_experiment_by_name("in-it") is None
refused("INVALID_STATE", lambda: workspaces.delete_workspace(name))
workspaces.delete_workspace(name, mode=WorkspaceDeletionMode.CASCADE)
refused("RESOURCE_DOES_NOT_EXIST", lambda: workspaces.get_workspace(name))
empty = f"{name}-2"
workspaces.create_workspace(empty)
workspaces.delete_workspace(empty)
assert not {name, empty} & {one.name for one in workspaces.list_workspaces()}
print("workspaces: fine")
