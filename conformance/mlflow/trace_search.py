"""Searches of traces by regular expressions and by issues, and how many traces an issue has."""

import time
import uuid

import recording
from recording import refused

import mlflow
from mlflow.entities.assessment import IssueReference
from mlflow.entities.issue import IssueSeverity
from mlflow.tracking import MlflowClient

client = MlflowClient()
store = client._tracking_client.store
experiment = mlflow.set_experiment(f"x{uuid.uuid4().hex[:8]}").experiment_id
mlflow.tracing.set_destination(mlflow.entities.trace_location.MlflowExperimentLocation(experiment))
made = []
for name, team, plan in [("fetch-1", "blue", "gold"), ("fetch-22", "red", "silver"), ("Answer", "dark blue", "gold card")]:
    with mlflow.start_span(name=name, span_type="TOOL", attributes={"plan": plan}):
        mlflow.update_current_trace(tags={"team": team}, metadata={"session": f"s-{team}"})
    mlflow.flush_trace_async_logging()
    made.append(mlflow.get_last_active_trace_id())
    time.sleep(0.02)
one, two, three = made


def found(filter_string):
    return [trace.info.trace_id for trace in mlflow.search_traces(locations=[experiment], filter_string=filter_string, return_type="list", order_by=["timestamp_ms ASC"])]


for filter_string, wanted in [
    ("name RLIKE '^fetch-\\d+$'", [one, two]),
    ("trace.name RLIKE 'fetch-\\d{2}'", [two]),
    ("name RLIKE '(?i)^answer'", [three]),
    ("name RLIKE '^answer'", []),
    ("tags.team RLIKE '\\bblue\\b'", [one, three]),
    ("tag.team RLIKE '^(blue|red)$'", [one, two]),
    ("metadata.session RLIKE 's-.*e$'", [one, three]),
    ("status RLIKE 'O[K]' AND name RLIKE 'er$'", [three]),
    (f"request_id RLIKE '^{one}$'", [one]),
    ("span.name RLIKE '^fetch'", [one, two]),
    ("span.type RLIKE 'TOO+L'", [one, two, three]),
    ("span.attributes.plan RLIKE '^gold$'", [one]),
    ("span.attributes.plan RLIKE 'gold'", [one, three]),
    ("name RLIKE '(a+)+$' AND tags.team = 'red'", []),
]:
    assert found(filter_string) == wanted, (filter_string, found(filter_string), made)
for wrong in ["timestamp_ms RLIKE '1'", "trace.text RLIKE 'a'", "span.content RLIKE 'a'", "issue.severity = 'x'", "issue.id != 'x'"]:
    refused("INVALID_PARAMETER_VALUE", lambda: found(wrong))
refused("INVALID_PARAMETER_VALUE", lambda: client.search_runs([experiment], "tags.team RLIKE 'a'"))

mlflow.log_feedback(trace_id=one, name="said", value="well done")
mlflow.log_feedback(trace_id=two, name="said", value="done badly")
assert found("feedback.said RLIKE 'done.$'") == [one] and found("feedback.said RLIKE '[wW]ell|bad'") == [one, two]

issues = [store.create_issue(experiment, name, "d", severity=severity) for name, severity in [("few", IssueSeverity.LOW), ("many", IssueSeverity.LOW), ("none", IssueSeverity.HIGH)]]
few, many, none = issues
for trace_id, issue in [(one, few), (one, many), (two, many), (two, many)]:
    store.create_assessment(IssueReference(issue_id=issue.issue_id, issue_name=issue.name, trace_id=trace_id, source=mlflow.entities.AssessmentSource(source_type="HUMAN", source_id="eve")))
assert found(f"issue.id = '{many.issue_id}'") == [one, two] and found(f"issue.id = '{few.issue_id}' AND status = 'OK'") == [one] and found(f"issue.id = '{none.issue_id}'") == []
counted = store.search_issues(experiment, include_trace_count=True)
assert [(issue.name, issue.trace_count) for issue in counted] == [("none", 0), ("many", 2), ("few", 1)], counted
assert [issue.trace_count for issue in store.search_issues(experiment)] == [None] * 3
print("trace search: fine")
