"""Compares what the trials of a sweep logged, with mlflow and the workspace's tracking address. Arguments: URI, EXPERIMENT, PARENT, BEST."""

import sys

import mlflow

uri, experiment, parent, best = sys.argv[1:]
mlflow.set_tracking_uri(uri)
client = mlflow.MlflowClient()
found = client.get_experiment_by_name(experiment)
runs = client.search_runs(
    [found.experiment_id], f"tags.mlflow.parentRunId = '{parent}'", order_by=["metrics.test_error ASC"]
)
for run in runs:
    print(run.info.run_id, run.info.status, run.data.params["rate"], run.data.metrics["test_error"])
history = client.get_metric_history(best, "learn_error")
print(len(history), "values of learn_error")
names = [one.path for one in client.list_artifacts(best, "outputs")]
print(names)
downloaded = mlflow.artifacts.download_artifacts(run_id=best, artifact_path="outputs/report.txt")
with open(downloaded) as report:
    text = report.read()
assert text.startswith("test error"), text
assert len(runs) == 2 and runs[0].info.run_id == best, [run.info.run_id for run in runs]
assert [point.value for point in history] == sorted((point.value for point in history), reverse=True), history
assert names == ["outputs/report.txt"], names
