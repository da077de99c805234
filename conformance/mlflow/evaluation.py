"""Evaluation datasets with their records, tags and experiments; scorers with their versions; the datasets that runs were logged with."""

import uuid

import recording
from recording import refused

import mlflow
import numpy
from mlflow.genai import datasets, scorers
from mlflow.tracking import MlflowClient

client = MlflowClient()
store = client._tracking_client.store
mark = f"e{uuid.uuid4().hex[:8]}"
experiment = mlflow.set_experiment(f"{mark}-experiment").experiment_id
other = client.create_experiment(f"{mark}-other")

dataset = datasets.create_dataset(name=f"{mark}-questions", experiment_id=[experiment], tags={"team": "blue"})
assert dataset.experiment_ids == [experiment] and dataset.tags["team"] == "blue", dataset.to_dict()
digest = dataset.digest
refused("RESOURCE_DOES_NOT_EXIST", lambda: store.create_dataset("d", experiment_ids=["none"]))
big = 2**60 + 1
dataset.merge_records(
    [
        {"inputs": {"question": "a", "id": big, "share": 1.0}, "expectations": {"answer": "x"}, "tags": {"mlflow.user": "eve"}},
        {"inputs": {"question": "b"}, "outputs": "text", "source": {"source_type": "HUMAN", "source_data": {"source_id": "s1"}}},
    ]
)
# The same inputs in another order are the same record.
counts = store.upsert_dataset_records(dataset.dataset_id, [{"inputs": {"share": 1.0, "question": "a", "id": big}, "expectations": {"more": 2}, "outputs": [1]}, {"inputs": {"question": "c"}}])
assert counts == {"inserted": 1, "updated": 1}, counts
found = datasets.get_dataset(dataset_id=dataset.dataset_id)
records = {record.inputs["question"]: record for record in store._load_dataset_records(dataset.dataset_id)[0]}
assert sorted(records) == ["a", "b", "c"]
a = records["a"]
assert a.inputs["id"] == big and type(a.inputs["share"]) is float
assert a.expectations == {"answer": "x", "more": 2} and a.outputs == [1] and a.created_by == "eve", a
assert records["b"].outputs == "text" and (records["b"].source_type, records["b"].source_id) == ("HUMAN", "s1"), records["b"]
assert found.digest != digest and '"num_records": 3' in found.profile.replace(":3", ": 3"), found.profile
assert len(found.to_df()) == 3
page, token = store._load_dataset_records(dataset.dataset_id, max_results=2)
rest, end = store._load_dataset_records(dataset.dataset_id, max_results=2, page_token=token)
assert len({record.dataset_record_id for record in page + rest}) == 3 and end is None
assert store.delete_dataset_records(dataset.dataset_id, [records["c"].dataset_record_id, "dr-none"]) == 1
assert len(store._load_dataset_records(dataset.dataset_id)[0]) == 2

datasets.set_dataset_tags(dataset_id=dataset.dataset_id, tags={"stage": "test", "n": 1})
datasets.delete_dataset_tag(dataset_id=dataset.dataset_id, key="team")
tags = datasets.get_dataset(dataset_id=dataset.dataset_id).tags
assert tags["stage"] == "test" and tags["n"] == "1" and "team" not in tags, tags
assert datasets.add_dataset_to_experiments(dataset.dataset_id, [other]).experiment_ids == [experiment, other]
assert store.get_dataset_experiment_ids(dataset.dataset_id) == [experiment, other]
assert datasets.remove_dataset_from_experiments(dataset.dataset_id, [experiment]).experiment_ids == [other]
second = datasets.create_dataset(name=f"{mark}-second", experiment_id=other)
assert {one.name for one in datasets.search_datasets(experiment_ids=[other])} == {f"{mark}-questions", f"{mark}-second"}
assert list(datasets.search_datasets(experiment_ids=[experiment])) == []
named = datasets.search_datasets(experiment_ids=other, filter_string=f"name LIKE '{mark}%' AND tags.stage = 'test'", order_by=["name ASC"])
assert [one.dataset_id for one in named] == [dataset.dataset_id]
paged = store.search_datasets(filter_string=f"name LIKE '{mark}%'", max_results=1, order_by=["name DESC"])
assert [one.name for one in paged] == [f"{mark}-second"] and paged.token
refused("INVALID_PARAMETER_VALUE", lambda: store.search_datasets(filter_string="digest = 'x'"))
datasets.delete_dataset(dataset_id=dataset.dataset_id)
refused("RESOURCE_DOES_NOT_EXIST", lambda: store.get_dataset(dataset.dataset_id))

one = store.register_scorer(experiment, f"{mark}-short", '{"name": "short", "v": 1}')
two = store.register_scorer(experiment, f"{mark}-short", '{"name": "short", "v": 2}')
assert (one.scorer_version, two.scorer_version, one.scorer_id) == (1, 2, two.scorer_id) and one.experiment_id == experiment
store.register_scorer(experiment, f"{mark}-long", "{}")
assert [(found.scorer_name, found.scorer_version) for found in store.list_scorers(experiment)] == [(f"{mark}-long", 1), (f"{mark}-short", 2)]
assert [found.scorer_version for found in store.list_scorer_versions(experiment, f"{mark}-short")] == [1, 2]
assert '"v": 1' in store.get_scorer(experiment, f"{mark}-short", 1)._serialized_scorer
assert store.get_scorer(experiment, f"{mark}-short").scorer_version == 2
store.delete_scorer(experiment, f"{mark}-short", 2)
assert store.get_scorer(experiment, f"{mark}-short").scorer_version == 1
store.delete_scorer(experiment, f"{mark}-short")
refused("RESOURCE_DOES_NOT_EXIST", lambda: store.get_scorer(experiment, f"{mark}-short"))
store.delete_scorer(experiment, f"{mark}-long")
guidelines = scorers.Guidelines(name=f"{mark}-polite", guidelines="Be polite.", model="openai:/gpt-4o-mini")
guidelines.register(experiment_id=experiment)
assert scorers.get_scorer(name=f"{mark}-polite", experiment_id=experiment).guidelines == "Be polite."
assert [found.name for found in scorers.list_scorers(experiment_id=experiment)] == [f"{mark}-polite"]
scorers.delete_scorer(name=f"{mark}-polite", experiment_id=experiment, version="all")

with mlflow.start_run():
    mlflow.log_input(mlflow.data.from_numpy(numpy.ones((3, 2)), name="ones"), context="training")
from mlflow.protos.service_pb2 import SearchDatasets
from mlflow.utils.proto_json_utils import message_to_json

summaries = store._call_endpoint(SearchDatasets, message_to_json(SearchDatasets(experiment_ids=[experiment]))).dataset_summaries
assert [(one.name, one.context, one.experiment_id) for one in summaries] == [("ones", "training", experiment)], summaries
print("evaluation: fine")
