"""What is not built answers MLflow's own error, with its name, and never hangs the client in repeats."""

import time

import recording
from recording import refused

import mlflow
from mlflow.protos.service_pb2 import SearchUnifiedTraces
from mlflow.tracking import MlflowClient
from mlflow.utils.proto_json_utils import message_to_json

client = MlflowClient()
store = client._tracking_client.store
begun = time.monotonic()
for call in [
    lambda: store._call_endpoint(SearchUnifiedTraces, message_to_json(SearchUnifiedTraces())),
]:
    assert "not implemented" in refused("NOT_IMPLEMENTED", call)
assert time.monotonic() - begun < 30, "the client repeats what is not implemented"
print("unbuilt: fine")
