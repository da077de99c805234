"""The search grammar, whole: runs, experiments, logged models; order_by and page tokens. Registered models and versions are in registry.py."""

import uuid

import recording
from recording import refused

from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag, ViewType
from mlflow.tracking import MlflowClient

client = MlflowClient()
mark = uuid.uuid4().hex[:8]
experiment = client.create_experiment(f"search-{mark}")


def add(name, **data):
    run = client.create_run(experiment, run_name=name, start_time=data.get("start", 1000)).info.run_id
    client.log_batch(
        run,
        metrics=[Metric(key, value, 1, 0) for key, value in data.get("metrics", {}).items()],
        params=[Param(key, value) for key, value in data.get("params", {}).items()],
        tags=[RunTag(key, value) for key, value in data.get("tags", {}).items()],
    )
    if "dataset" in data:
        client.log_inputs(run, [DatasetInput(Dataset(data["dataset"], "d1", "local", "x"), [InputTag("mlflow.data.context", "train")])])
    client.set_terminated(run, data.get("status", "FINISHED"), end_time=data.get("end", 2000))
    return run


a = add("alpha", start=1000, metrics={"acc": 0.9, "val loss": 2, "m/a-b": 1}, params={"model": "tree", "lr": "0.1"}, tags={"team": "Blue"}, dataset="iris")
b = add("beta", start=2000, metrics={"acc": 0.5}, params={"model": "linear"}, tags={"team": "red"}, status="FAILED", end=5000)
c = add("Gamma", start=3000, metrics={"acc": float("nan")}, params={"model": "tree"}, dataset="wine")

names = {a: "a", b: "b", c: "c"}


def runs(text, **options):
    return "".join(names[run.info.run_id] for run in client.search_runs([experiment], text, **options))


expected = {
    "": "cba",
    "metrics.acc > 0.4": "ba",
    "metrics.acc >= 0.9": "a",
    "metric.acc < 0.9": "b",
    "metrics.acc <= 0.5 AND params.model = 'linear'": "b",
    "metrics.acc != 0.5": "ca",
    'metrics."val loss" = 2': "a",
    "metrics.`val loss` = 2.0": "a",
    "metrics.m/a-b > 0": "a",
    "metrics.none > 0": "",
    "params.model = 'tree'": "ca",
    "parameters.model != 'tree'": "b",
    "param.model LIKE 't%'": "ca",
    "params.model ILIKE 'T%'": "ca",
    "params.model LIKE 'T%'": "",
    "params.lr IS NULL": "cb",
    "params.lr IS NOT NULL": "a",
    'tags.team = "Blue"': "a",
    "tags.team ILIKE 'bl%'": "a",
    "tag.team != 'red'": "a",
    "tags.`mlflow.runName` = 'beta'": "b",
    "tags.mlflow.runName = 'beta'": "b",
    "attributes.status = 'FAILED'": "b",
    "status != 'FAILED'": "ca",
    "attribute.run_name LIKE '%mm%'": "c",
    "run_name IN ('alpha', 'beta')": "ba",
    "attributes.run_name NOT IN ('alpha')": "cb",
    f"run_id IN ('{a}', '{c}')": "ca",
    "start_time > 1000 AND start_time < 3000": "b",
    "attributes.start_time = 3000": "c",
    "attributes.created >= 2000": "cb",
    "end_time >= 5000": "b",
    "attributes.`Run name` = 'alpha'": "a",
    "datasets.name = 'iris'": "a",
    "dataset.name IN ('iris', 'wine') AND datasets.context = 'train'": "ca",
    "dataset.digest LIKE 'd%'": "ca",
    "metrics.acc > 0 and params.model = 'tree' AND tags.team = 'Blue'": "a",
}
for text, wanted in expected.items():
    assert runs(text) == wanted, f"{text}: {runs(text)}, wanted {wanted}"
ordered = {
    "metrics.acc ASC": "bac",
    "metrics.acc DESC": "abc",
    "params.lr": "acb",
    "attributes.start_time ASC": "abc",
    "start_time DESC": "cba",
    "attribute.run_name DESC": "bac",
    "tags.team ASC": "abc",
    "run_id ASC": "".join(names[run] for run in sorted([a, b, c])),
}
for order, wanted in ordered.items():
    assert runs("", order_by=[order]) == wanted, f"{order}: {runs('', order_by=[order])}, wanted {wanted}"
assert runs("", order_by=["params.model DESC", "start_time ASC"]) == "acb"
for text in [
    "metrics.acc > 'x'",
    "metrics.acc LIKE '1%'",
    "params.model = tree",
    "params.model > 'a'",
    "acc = 1",
    "attributes.none = 'x'",
    "wrong.acc > 1",
    "params.model = 'a' OR params.model = 'b'",
    "(params.model = 'a')",
    "params.model IN ('a', 'b')",
    "datasets.none = 'x'",
    "metrics.acc IS NULL",
]:
    refused("INVALID_PARAMETER_VALUE", lambda: runs(text))
refused("INVALID_PARAMETER_VALUE", lambda: runs("", order_by=["attributes.none"]))
first = client.search_runs([experiment], max_results=2)
assert len(first) == 2 and first.token
second = client.search_runs([experiment], max_results=2, page_token=first.token)
assert [run.info.run_id for run in second] == [a] and not second.token
refused("INVALID_PARAMETER_VALUE", lambda: client.search_runs([experiment], page_token="bent"))
client.delete_run(b)
assert runs("") == "ca" and runs("", run_view_type=ViewType.DELETED_ONLY) == "b" and runs("", run_view_type=ViewType.ALL) == "cba"

# Experiments.
made = [client.create_experiment(f"{mark}-{n}", tags={"n": str(n), "mark": mark} if n else {"mark": mark}) for n in range(4)]


def experiments(text, **options):
    found = client.search_experiments(filter_string=f"tags.mark = '{mark}'" + (f" AND {text}" if text else ""), **options)
    return "".join(str(made.index(one.experiment_id)) for one in found)


assert experiments("") == "3210", experiments("")
assert experiments("tags.n = '2'") == "2"
assert experiments("tags.n IS NULL") == "0" and experiments("tags.n IS NOT NULL") == "321"
assert experiments(f"name LIKE '{mark}-%'") == "3210" and experiments(f"attribute.name ILIKE '%-1'") == "1"
assert experiments(f"experiment_id IN ('{made[0]}', '{made[3]}')") == "30"
assert experiments("creation_time > 0 AND last_update_time > 0") == "3210"
assert experiments("", order_by=["name ASC"]) == "0123" and experiments("", order_by=["name DESC"]) == "3210"
assert experiments("", order_by=["last_update_time ASC", "experiment_id DESC"]) != ""
refused("INVALID_PARAMETER_VALUE", lambda: experiments("metrics.acc > 1"))
refused("INVALID_PARAMETER_VALUE", lambda: experiments("", order_by=["status"]))
first = client.search_experiments(filter_string=f"tags.mark = '{mark}'", max_results=3)
second = client.search_experiments(filter_string=f"tags.mark = '{mark}'", max_results=3, page_token=first.token)
assert len(first) == 3 and len(second) == 1 and not second.token
client.delete_experiment(made[1])
assert experiments("") == "320" and experiments("", view_type=ViewType.DELETED_ONLY) == "1"
print("search: fine")
