"""Spans sent by OpenTelemetry's protocol: the client's own writing of them, in protobuf and in JSON."""

import gzip
import json
import os
import time
import uuid

import recording
import requests
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

import mlflow
from mlflow.tracking import MlflowClient

client = MlflowClient()
experiment = mlflow.set_experiment(f"o{uuid.uuid4().hex[:8]}").experiment_id
mlflow.tracing.set_destination(mlflow.entities.trace_location.MlflowExperimentLocation(experiment))
address = f"{mlflow.get_tracking_uri()}/v1/traces"
headers = {"Authorization": f"Bearer {os.environ.get('MLFLOW_TRACKING_TOKEN', '')}", "x-mlflow-experiment-id": experiment}

# A trace that the client recorded, sent once more under another id.
with mlflow.start_span(name="outer", span_type="CHAIN", attributes={"kind": "test", "n": 7}) as outer:
    outer.set_inputs({"q": "why"})
    with mlflow.start_span(name="inner", span_type="CHAT_MODEL") as inner:
        inner.set_attribute("mlflow.chat.tokenUsage", {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7})
        inner.set_attribute("mlflow.llm.cost", {"input_cost": 0.5, "output_cost": 1.0, "total_cost": 1.5})
mlflow.flush_trace_async_logging()
recorded = mlflow.get_trace(mlflow.get_last_active_trace_id())
request = ExportTraceServiceRequest()
spans = request.resource_spans.add().scope_spans.add().spans
spans.extend(span.to_otel_proto() for span in recorded.data.spans)
again = uuid.uuid4().bytes
for span in spans:
    span.trace_id = again
answer = requests.post(address, data=gzip.compress(request.SerializeToString()), headers={**headers, "Content-Type": "application/x-protobuf", "Content-Encoding": "gzip"})
assert answer.status_code == 200, answer.text
trace = mlflow.get_trace(f"tr-{again.hex()}")
plain = lambda spans: [(s.name, s.span_type, s.span_id, s.parent_id, s.start_time_ns, s.end_time_ns, s.status.status_code, s.inputs, {k: v for k, v in s.attributes.items() if k != "mlflow.traceRequestId"}) for s in spans]
assert plain(trace.data.spans) == plain(recorded.data.spans), (plain(trace.data.spans), plain(recorded.data.spans))
assert trace.info.state == "OK" and trace.info.tags["mlflow.traceName"] == "outer" and trace.info.token_usage == {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}, trace.info
assert trace.info.experiment_id == experiment and json.loads(trace.info.request_preview) == {"q": "why"}, trace.info

# As programs write it that know nothing of MLflow; the first span comes last.
other = uuid.uuid4().hex
now = time.time_ns()


def sent(id, parent, name, attributes=(), **more):
    span = {"traceId": other, "spanId": id, "parentSpanId": parent, "name": name, "startTimeUnixNano": str(now), "endTimeUnixNano": str(now + 5_000_000), "attributes": list(attributes), **more}
    answer = requests.post(address, data=json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}), headers={**headers, "Content-Type": "application/json"})
    assert (answer.status_code, answer.json()) == (200, {}), answer.text


sent("00000000000000b1", "00000000000000a1", "chat", [{"key": "gen_ai.usage.input_tokens", "value": {"intValue": "5"}}, {"key": "gen_ai.usage.output_tokens", "value": {"intValue": "6"}}])
assert mlflow.get_trace(f"tr-{other}").info.state == "IN_PROGRESS"
sent("00000000000000a1", "", "request", [{"key": "session.id", "value": {"stringValue": "s-1"}}], status={"code": 2, "message": "broken"})
trace = mlflow.get_trace(f"tr-{other}")
assert (trace.info.state, trace.info.execution_duration, trace.info.token_usage["total_tokens"]) == ("ERROR", 5, 11), trace.info
assert trace.info.trace_metadata["mlflow.trace.session"] == "s-1" and {span.name for span in trace.data.spans} == {"chat", "request"}
found = mlflow.search_traces(locations=[experiment], filter_string="span.name = 'chat'", return_type="list")
assert [one.info.trace_id for one in found] == [f"tr-{other}"], found
answer = requests.post(address, data=b"nonsense", headers={**headers, "Content-Type": "application/x-protobuf"})
assert answer.status_code == 400 and answer.json()["error_code"] == "INVALID_PARAMETER_VALUE", answer.text
print("otlp: fine")
