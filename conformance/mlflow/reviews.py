"""Issues of an experiment, the label schemas by which reviewers answer, and the queues of what they review."""

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

schema = made["better"].schema_id
queue = store.create_review_queue(experiment, name="Triage", queue_type="custom", created_by="eve", users=["Bob ", "ann"], schema_ids=[schema])
assert (queue.name, queue.users, queue.schema_ids, queue.created_by) == ("Triage", ["ann", "bob"], [schema], "eve"), queue
own = store.get_or_create_user_queue(experiment, user="Ann")
assert own.queue_id == store.get_or_create_user_queue(experiment, user="ann").queue_id and own.users == ["ann"]
refused("RESOURCE_ALREADY_EXISTS", lambda: store.create_review_queue(experiment, name="triage", queue_type="custom"))
refused("INVALID_PARAMETER_VALUE", lambda: store.create_review_queue(experiment, name="q", queue_type="custom", schema_ids=["ls-none"]))
refused("INVALID_PARAMETER_VALUE", lambda: store.update_review_queue(own.queue_id, name="other"))
assert store.get_review_queue(queue.queue_id).name == "Triage"
assert store.get_review_queue_by_name(experiment, name="TRIAGE").queue_id == queue.queue_id
items = store.add_items_to_review_queue(queue.queue_id, item_ids=["tr-2", "tr-1"])
assert [(one.item_id, str(one.status)) for one in items] == [("tr-2", "pending"), ("tr-1", "pending")], items
assert len(store.add_items_to_review_queue(queue.queue_id, item_ids=["tr-1"])) == 1
refused("INVALID_PARAMETER_VALUE", lambda: store.update_review_queue(queue.queue_id, schema_ids=[]))
done = store.set_review_queue_item_status(queue.queue_id, item_id="tr-1", status="complete", completed_by="Ann")
assert (str(done.status), done.completed_by) == ("complete", "ann") and done.completed_time_ms, done
refused("INVALID_PARAMETER_VALUE", lambda: store.set_review_queue_item_status(queue.queue_id, item_id="tr-1", status="declined"))
refused("RESOURCE_DOES_NOT_EXIST", lambda: store.set_review_queue_item_status(queue.queue_id, item_id="tr-9", status="pending"))
assert [one.item_id for one in store.list_review_queue_items(queue.queue_id, status="pending")] == ["tr-2"]
page = store.list_review_queue_items(queue.queue_id, max_results=1)
assert len(page) == 1 and len(store.list_review_queue_items(queue.queue_id, max_results=1, page_token=page.token)) == 1
assert {one.name for one in store.list_review_queues(experiment)} == {"Triage", "ann"}
assert [one.name for one in store.list_review_queues(experiment, user="bob")] == ["Triage"]
assert [one.name for one in store.list_review_queues(experiment, item_id="tr-2")] == ["Triage"]
store.remove_items_from_review_queue(queue.queue_id, item_ids=["tr-1", "tr-2"])
changed = store.update_review_queue(queue.queue_id, name="triage 2", new_owner="bob", users=["cid"], schema_ids=[])
assert (changed.name, changed.created_by, changed.users, changed.schema_ids) == ("triage 2", "bob", ["cid"], []), changed
store.delete_review_queue(queue.queue_id)
refused("RESOURCE_DOES_NOT_EXIST", lambda: store.get_review_queue(queue.queue_id))
print("reviews: fine")
