"""Issues of an experiment, and the label schemas by which reviewers answer."""

import uuid

import recording
from recording import refused

from mlflow.entities.issue import IssueSeverity, IssueStatus
from mlflow.genai.label_schemas.label_schemas import InputCategorical, InputNumeric, InputPassFail, InputText
from mlflow.tracking import MlflowClient

client = MlflowClient()
store = client._tracking_client.store
experiment = client.create_experiment(f"r{uuid.uuid4().hex[:8]}")

low = store.create_issue(experiment, "slow", "answers late", severity=IssueSeverity.LOW, root_causes=["cache"], categories=["speed"])
assert (low.status, low.severity, low.root_causes, low.categories) == (IssueStatus.PENDING, IssueSeverity.LOW, ["cache"], ["speed"]), low
plain = store.create_issue(experiment, "odd", "answers oddly", source_run_id="run", created_by="eve")
high = store.create_issue(experiment, "wrong", "answers wrong", severity=IssueSeverity.HIGH)
assert [one.issue_id for one in store.search_issues(experiment)] == [high.issue_id, low.issue_id, plain.issue_id]
changed = store.update_issue(low.issue_id, status=IssueStatus.RESOLVED, name="was slow")
assert (changed.status, changed.name, changed.description) == (IssueStatus.RESOLVED, "was slow", "answers late")
assert store.get_issue(low.issue_id).status == IssueStatus.RESOLVED
assert [one.name for one in store.search_issues(experiment, "status = 'resolved'")] == ["was slow"]
assert [one.name for one in store.search_issues(experiment, "source_run_id = 'run' AND status != 'resolved'")] == ["odd"]
page = store.search_issues(experiment, max_results=2)
assert [one.name for one in store.search_issues(experiment, max_results=2, page_token=page.token)] == ["odd"]
refused("RESOURCE_DOES_NOT_EXIST", lambda: store.get_issue("iss-none"))
refused("RESOURCE_DOES_NOT_EXIST", lambda: store.create_issue("none", "n", "d"))

inputs = {
    "right?": InputPassFail(positive_label="Right", negative_label="Wrong"),
    "tone": InputCategorical(options=["kind", "rude"], multi_select=True),
    "stars": InputNumeric(min_value=1, max_value=5),
    "better": InputText(max_length=100),
}
made = {name: store.create_label_schema(experiment, name=name, type="feedback", input=one, instruction="Say.") for name, one in inputs.items()}
for name, schema in made.items():
    assert schema.input == inputs[name] and store.get_label_schema(schema.schema_id).input == inputs[name], schema
    assert store.get_label_schema_by_name(experiment, name).schema_id == schema.schema_id
listed = store.list_label_schemas(experiment)
assert {one.name for one in listed} == {*inputs, "Feedback"}
default = next(one for one in listed if one.is_default)
refused("INVALID_PARAMETER_VALUE", lambda: store.delete_label_schema(default.schema_id))
refused("RESOURCE_ALREADY_EXISTS", lambda: store.create_label_schema(experiment, name="tone", type="feedback", input=InputText()))
refused("INVALID_PARAMETER_VALUE", lambda: store.create_label_schema(experiment, name="n", type="feedback", input=InputNumeric(min_value=2, max_value=1)))
changed = store.update_label_schema(made["tone"].schema_id, name="manner", enable_comment=True, input=InputText())
assert (changed.name, changed.enable_comment, changed.instruction, changed.input) == ("manner", True, "Say.", InputText())
refused("RESOURCE_ALREADY_EXISTS", lambda: store.update_label_schema(made["stars"].schema_id, name="manner"))
store.delete_label_schema(made["stars"].schema_id)
refused("RESOURCE_DOES_NOT_EXIST", lambda: store.get_label_schema(made["stars"].schema_id))
page = store.list_label_schemas(experiment, max_results=3)
assert len(page) == 3 and len(store.list_label_schemas(experiment, max_results=3, page_token=page.token)) == 1
print("reviews: fine")
