"""What is not built answers MLflow's own error, with its name, and never hangs the client in repeats."""

import time

import recording
from recording import refused

import mlflow
from mlflow.tracking import MlflowClient

client = MlflowClient()
store = client._tracking_client.store
begun = time.monotonic()
for call in [
    lambda: store.calculate_trace_filter_correlation(["0"], "status = 'OK'", "name = 'x'"),
    lambda: store.list_gateway_endpoints(),
    lambda: store.upsert_online_scoring_config("0", "s", 0.5),
    lambda: store.list_review_queues("0"),
]:
    assert "not implemented" in refused("NOT_IMPLEMENTED", call)
assert time.monotonic() - begun < 30, "the client repeats what is not implemented"
print("unbuilt: fine")
