"""Traces as mlflow.trace makes them, their spans, tags, assessments, links to runs and prompts, search and deletion."""

import uuid

import recording
from recording import refused

import mlflow
from mlflow.entities import AssessmentSource
from mlflow.entities.model_registry import PromptVersion
from mlflow.entities.trace_status import TraceStatus
from mlflow.tracking import MlflowClient

client = MlflowClient()
store = client._tracking_client.store
mark = f"t{uuid.uuid4().hex[:8]}"
experiment = mlflow.set_experiment(f"{mark}-experiment").experiment_id
mlflow.tracing.set_destination(mlflow.entities.trace_location.MlflowExperimentLocation(experiment))


@mlflow.trace(name="inner", span_type="TOOL")
def inner(x):
    if x < 0:
        raise ValueError("below zero")
    return x * 2


@mlflow.trace(name="outer", attributes={"kind": "test"})
def outer(x):
    mlflow.update_current_trace(tags={"team": "blue" if x < 5 else "red"}, metadata={"session": f"s{x}"}, client_request_id=f"{mark}-{x}")
    return inner(x) + 1


def logged():
    mlflow.flush_trace_async_logging()
    return mlflow.get_last_active_trace_id()


assert outer(3) == 7
one = logged()
with mlflow.start_run() as run:
    outer(7)
two = logged()
try:
    outer(-1)
except ValueError:
    pass
bad = logged()
assert len({one, two, bad}) == 3

trace = mlflow.get_trace(one)
assert trace.info.state == "OK" and trace.info.client_request_id == f"{mark}-3" and trace.info.execution_duration is not None, trace.info
assert trace.info.experiment_id == experiment and trace.info.tags["mlflow.traceName"] == "outer" and trace.info.trace_metadata["session"] == "s3"
assert [(span.name, span.span_type) for span in trace.data.spans] == [("outer", "UNKNOWN"), ("inner", "TOOL")], trace.data.spans
assert trace.data.spans[0].inputs == {"x": 3} and trace.data.spans[0].outputs == 7 and trace.data.spans[1].parent_id == trace.data.spans[0].span_id
failed = mlflow.get_trace(bad)
assert failed.info.state == "ERROR" and any(event.name == "exception" for event in failed.data.spans[1].events)
refused("RESOURCE_DOES_NOT_EXIST", lambda: store.get_trace_info("tr-none"))
# The service's own reading of the spans is what the client reads from the file.
plain = lambda spans: [(s.name, s.span_id, s.parent_id, s.start_time_ns, s.end_time_ns, s.status.status_code, dict(s.attributes), [e.name for e in s.events]) for s in spans]
for read in [trace, failed]:
    assert plain(store.get_trace(read.info.trace_id).data.spans) == plain(read.data.spans), (plain(store.get_trace(read.info.trace_id).data.spans), plain(read.data.spans))
assert [len(one.data.spans) for one in store.batch_get_traces([two, "tr-none", bad])] == [2, 2]


def found(filter_string=None, **more):
    traces = mlflow.search_traces(locations=[experiment], filter_string=filter_string, return_type="list", **more)
    return [trace.info.trace_id for trace in traces]


assert found() == [bad, two, one]
assert found(order_by=["timestamp_ms ASC"]) == [one, two, bad]
assert found("status = 'ERROR'") == [bad] and found("trace.status = 'OK'") == [two, one]
assert found("attributes.name = 'outer' AND tags.team = 'red'") == [two] and found("name LIKE 'inn%'") == []
assert found("metadata.session = 's3'") == [one] and found(f"client_request_id = '{mark}-7'") == [two]
assert found(f"timestamp_ms >= {trace.info.request_time} AND execution_time_ms >= 0 AND tags.none IS NULL") == [bad, two, one]
assert found(run_id=run.info.run_id) == [two]
client.link_traces_to_run([one], run.info.run_id)
assert found(f"run_id = '{run.info.run_id}'") == [two, one]
refused("RESOURCE_DOES_NOT_EXIST", lambda: client.link_traces_to_run(["tr-none"], run.info.run_id))
first = client.search_traces(locations=[experiment], max_results=2)
rest = client.search_traces(locations=[experiment], max_results=2, page_token=first.token)
assert [trace.info.trace_id for trace in first + rest] == [bad, two, one] and not rest.token
refused("INVALID_PARAMETER_VALUE", lambda: found("nonsense = 'x'"))
assert found("span.type = 'TOOL' AND span.status = 'ERROR'") == [bad] and found("span.name = 'outer' AND span.type = 'TOOL'") == []
assert found("span.attributes.kind = 'test' AND tags.team = 'red'") == [two] and found("trace.text LIKE '%below zero%'") == [bad]
refused("INVALID_PARAMETER_VALUE", lambda: found("span.nonsense = 'x'"))
assert len(mlflow.search_traces(locations=[experiment])) == 3
assert [info.trace_id for info in store.batch_get_trace_infos([two, "tr-none", one])] == [two, one]
store.link_prompts_to_trace(one, [PromptVersion("greeting", 2, "Hello")])
assert found("prompt = 'greeting/2'") == [one]

apart = store.calculate_trace_filter_correlation([experiment], "status = 'ERROR'", "tags.team = 'red'")
assert (apart.npmi, apart.filter1_count, apart.filter2_count, apart.joint_count, apart.total_count) == (-1, 1, 1, 0, 3), apart
same = store.calculate_trace_filter_correlation([experiment], "status = 'OK'", "name = 'outer'", base_filter="status = 'OK'")
assert (same.npmi, same.total_count) == (1, 2), same
none = store.calculate_trace_filter_correlation([experiment], "name = 'none'", "status = 'OK'")
assert none.npmi is None or none.npmi != none.npmi, none

client.set_trace_tag(one, "stage", "test")
assert found("tags.stage = 'test'") == [one] and mlflow.get_trace(one).info.tags["stage"] == "test"
client.delete_trace_tag(one, "stage")
refused("RESOURCE_DOES_NOT_EXIST", lambda: client.delete_trace_tag(one, "stage"))

human = AssessmentSource(source_type="HUMAN", source_id="eve")
mlflow.log_feedback(trace_id=one, name="score", value=0.75, source=human, rationale="good", metadata={"a": "b"})
correct = mlflow.log_feedback(trace_id=one, name="correct", value=True)
mlflow.log_feedback(trace_id=two, name="correct", value=False, span_id=mlflow.get_trace(two).data.spans[1].span_id)
mlflow.log_feedback(trace_id=two, name="parts", value={"list": [1, "x", None]})
mlflow.log_feedback(trace_id=bad, name="score", error=ValueError("no judge"))
expected = mlflow.log_expectation(trace_id=one, name="answer", value={"text": "seven", "n": 7}, source=human)
held = {assessment.name: assessment for assessment in mlflow.get_trace(one).info.assessments}
assert held["score"].value == 0.75 and held["score"].rationale == "good" and held["score"].source.source_id == "eve" and held["score"].metadata["a"] == "b"
assert held["correct"].value is True and held["answer"].value == {"text": "seven", "n": 7}, held
assert {a.name: a.value for a in mlflow.get_trace(two).info.assessments} == {"correct": False, "parts": {"list": [1, "x", None]}}
assert mlflow.get_trace(bad).info.assessments[0].error.error_message == "no judge"
assert found("feedback.correct = 'true'") == [one] and found("feedback.score > 0.5") == [one] and found("feedback.correct IS NULL") == [bad]
assert mlflow.get_assessment(trace_id=one, assessment_id=expected.assessment_id).value["n"] == 7
mlflow.update_assessment(trace_id=one, assessment_id=correct.assessment_id, assessment=mlflow.entities.Feedback(name="correct", value=False, rationale="looked again", metadata={"c": "d"}))
assert mlflow.get_assessment(trace_id=one, assessment_id=correct.assessment_id).rationale == "looked again"
over = mlflow.override_feedback(trace_id=one, assessment_id=correct.assessment_id, value=True)
assert mlflow.get_assessment(trace_id=one, assessment_id=correct.assessment_id).valid is False and found("feedback.correct = 'true'") == [one]
mlflow.delete_assessment(trace_id=one, assessment_id=over.assessment_id)
assert mlflow.get_assessment(trace_id=one, assessment_id=correct.assessment_id).valid is True
refused("RESOURCE_DOES_NOT_EXIST", lambda: mlflow.get_assessment(trace_id=one, assessment_id=over.assessment_id))

# The calls of clients before mlflow 3.
old = store.deprecated_start_trace_v2(experiment, 1000, {"m": "1"}, {"mlflow.traceName": "old"})
ended = store.deprecated_end_trace_v2(old.request_id, 1250, TraceStatus.OK, {"n": "2"}, {"t": "3"})
assert (ended.execution_time_ms, ended.status, ended.request_metadata, ended.tags["t"]) == (250, TraceStatus.OK, {"m": "1", "n": "2"}, "3"), ended
from mlflow.protos.service_pb2 import GetTraceInfo, SearchTraces
from mlflow.utils.proto_json_utils import message_to_json

info = store._call_endpoint(GetTraceInfo, message_to_json(GetTraceInfo(request_id=old.request_id)), endpoint=f"/api/2.0/mlflow/traces/{old.request_id}/info")
assert info.trace_info.timestamp_ms == 1000
assert len(store._call_endpoint(SearchTraces, message_to_json(SearchTraces(experiment_ids=[experiment], filter="name = 'old'"))).traces) == 1

assert client.delete_traces(experiment, max_timestamp_millis=2000) == 1
assert client.delete_traces(experiment, trace_ids=[bad, "tr-none"]) == 1
assert found() == [two, one]
assert client.delete_traces(experiment, max_timestamp_millis=2**50, max_traces=1) == 1
assert found() == [two]
print("traces: fine")
