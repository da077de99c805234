"""Figures over traces, their spans and their assessments: counts, latencies, percentiles, tokens, costs, by dimensions and by time."""

import json
import time
import uuid

import recording
from recording import refused

import mlflow
from mlflow.entities.trace_metrics import AggregationType, MetricAggregation, MetricViewType
from mlflow.tracking import MlflowClient

client = MlflowClient()
store = client._tracking_client.store
experiment = mlflow.set_experiment(f"m{uuid.uuid4().hex[:8]}").experiment_id
mlflow.tracing.set_destination(mlflow.entities.trace_location.MlflowExperimentLocation(experiment))
begun = int(time.time() * 1000)


@mlflow.trace(name="model", span_type="CHAT_MODEL")
def model(tokens, cost):
    span = mlflow.get_current_active_span()
    span.set_attribute("mlflow.chat.tokenUsage", {"input_tokens": tokens, "output_tokens": 1, "total_tokens": tokens + 1})
    span.set_attribute("mlflow.llm.cost", {"input_cost": cost, "output_cost": 0.5, "total_cost": cost + 0.5})
    span.set_attribute("mlflow.llm.model", "m-1")
    if tokens < 0:
        raise ValueError("no tokens")


def ask(name, tokens, cost, session=None):
    with mlflow.start_span(name=name):
        mlflow.update_current_trace(tags={"team": "blue" if tokens < 15 else "red"}, metadata={"mlflow.trace.session": session} if session else {})
        model(tokens, cost)


made = []
for name, tokens, cost, session in [("one", 10, 1.0, "s"), ("two", 20, 2.0, "s"), ("one", 30, 4.0, None), ("one", -1, 1.0, "t")]:
    try:
        ask(name, tokens, cost, session)
    except ValueError:
        pass
    mlflow.flush_trace_async_logging()
    made.append(mlflow.get_last_active_trace_id())
for id, value in zip(made, [True, False, True, True]):
    mlflow.log_feedback(trace_id=id, name="good", value=value)
mlflow.log_feedback(trace_id=made[0], name="score", value=0.25)
mlflow.log_feedback(trace_id=made[1], name="score", value=0.75)
mlflow.log_feedback(trace_id=made[0], name="said", value="yes")
old = mlflow.log_feedback(trace_id=made[3], name="over", value=1)
mlflow.override_feedback(trace_id=made[3], assessment_id=old.assessment_id, value=3)
mlflow.log_expectation(trace_id=made[0], name="answer", value="x")


def ask_for(view, metric, kinds, **more):
    aggregations = [MetricAggregation(AggregationType.PERCENTILE, kind) if isinstance(kind, float) else MetricAggregation(AggregationType(kind)) for kind in kinds]
    return store.query_trace_metrics([experiment], MetricViewType(view), metric, aggregations, **more)


def points(*args, **more):
    return [(tuple(value for _, value in sorted(point.dimensions.items())), point.values) for point in ask_for(*args, **more)]


def check(found, wanted):
    assert found == wanted, found


check(points("TRACES", "trace_count", ["COUNT"]), [((), {"COUNT": 4})])
check(points("TRACES", "trace_count", ["COUNT"], dimensions=["trace_name"]), [(("one",), {"COUNT": 3}), (("two",), {"COUNT": 1})])
by_both = ask_for("TRACES", "trace_count", ["COUNT"], dimensions=["trace_name", "trace_status"])
assert [(p.metric_name, p.dimensions, p.values["COUNT"]) for p in by_both][0] == ("trace_count", {"trace_name": "one", "trace_status": "ERROR"}, 1), by_both
check(points("TRACES", "trace_count", ["COUNT"], dimensions=["trace_name"], max_results=1), [(("one",), {"COUNT": 3})])
check(points("TRACES", "session_count", ["COUNT"]), [((), {"COUNT": 2})])
check(points("TRACES", "input_tokens", ["SUM", "AVG", "MIN", "MAX", 50.0, 90.0], filters=["trace.status = 'OK'"]), [((), {"SUM": 60, "AVG": 20, "MIN": 10, "MAX": 30, "P50.0": 20, "P90.0": 28})])
check(points("TRACES", "total_tokens", ["SUM"], dimensions=["trace_name"], filters=["trace.status = 'OK'"]), [(("one",), {"SUM": 42}), (("two",), {"SUM": 21})])
check(points("TRACES", "cache_read_input_tokens", ["SUM"]), [])
latency = points("TRACES", "latency", ["AVG", "MIN", "MAX", 99.5])[0][1]
assert latency["MIN"] <= latency["AVG"] <= latency["MAX"] and latency["P99.5"] <= latency["MAX"], latency
check(points("TRACES", "trace_count", ["COUNT"], filters=["trace.tag.team = 'blue'"]), [((), {"COUNT": 2})])
check(points("TRACES", "trace_count", ["COUNT"], filters=["trace.tag.team = 'blue'", "trace.tag.`mlflow.traceName` = 'one'", "trace.status = 'OK'"]), [((), {"COUNT": 1})])
check(points("TRACES", "trace_count", ["COUNT"], filters=["trace.metadata.`mlflow.trace.session` = 's'"]), [((), {"COUNT": 2})])
check(points("TRACES", "trace_count", ["COUNT"], filters=["trace.status = 'IN_PROGRESS'"]), [((), {"COUNT": 0})])
check(points("TRACES", "trace_count", ["COUNT"], start_time_ms=begun - 2000, end_time_ms=begun - 1000), [((), {"COUNT": 0})])
check(points("TRACES", "latency", ["AVG"], start_time_ms=begun - 2000, end_time_ms=begun - 1000), [])
day = ask_for("TRACES", "trace_count", ["COUNT"], time_interval_seconds=10 * 365 * 86400, start_time_ms=begun - 1000, end_time_ms=begun + 600_000)
assert [(p.dimensions, p.values["COUNT"]) for p in day] == [({"time_bucket": "2019-12-20T00:00:00+00:00"}, 4)], day
run = client.create_run(experiment).info.run_id
client.link_traces_to_run([made[2]], run)
check(points("TRACES", "trace_count", ["COUNT"], filters=[f"trace.metadata.`mlflow.sourceRun` = '{run}'"]), [((), {"COUNT": 1})])

check(points("SPANS", "span_count", ["COUNT"], dimensions=["span_name"]), [(("model",), {"COUNT": 4}), (("one",), {"COUNT": 3}), (("two",), {"COUNT": 1})])
check(points("SPANS", "span_count", ["COUNT"], dimensions=["span_type", "span_status"]), [(("ERROR", "CHAT_MODEL"), {"COUNT": 1}), (("OK", "CHAT_MODEL"), {"COUNT": 3}), (("ERROR", "UNKNOWN"), {"COUNT": 1}), (("OK", "UNKNOWN"), {"COUNT": 3})])
check(points("SPANS", "span_count", ["COUNT"], dimensions=["span_model_name"]), [(("m-1",), {"COUNT": 4})])
check(points("SPANS", "span_count", ["COUNT"], filters=["span.type = 'CHAT_MODEL'", "span.status = 'OK'", "span.name = 'model'"]), [((), {"COUNT": 3})])
check(points("SPANS", "total_cost", ["SUM", "MAX", 50.0]), [((), {"SUM": 10.0, "MAX": 4.5, "P50.0": 2.0})])
check(points("SPANS", "input_cost", ["SUM"], dimensions=["span_model_name"], filters=["trace.status = 'OK'"], start_time_ms=begun, end_time_ms=begun + 600_000), [(("m-1",), {"SUM": 7.0})])
spans = points("SPANS", "latency", ["AVG", 50.0], dimensions=["span_name"])
assert [one[0] for one in spans] == [("model",), ("one",), ("two",)] and all(one[1]["AVG"] >= 0 for one in spans), spans

check(points("ASSESSMENTS", "assessment_count", ["COUNT"]), [((), {"COUNT": 9})])
check(points("ASSESSMENTS", "assessment_count", ["COUNT"], dimensions=["assessment_name"], filters=["assessment.type = 'expectation'"]), [(("answer",), {"COUNT": 1})])
check(points("ASSESSMENTS", "assessment_count", ["COUNT"], dimensions=["assessment_name", "assessment_value"], filters=["assessment.name = 'good'"]), [(("good", "false"), {"COUNT": 1}), (("good", "true"), {"COUNT": 3})])
check(points("ASSESSMENTS", "assessment_count", ["COUNT"], dimensions=["assessment_value"], filters=["assessment.name = 'said'"]), [(('"yes"',), {"COUNT": 1})])
check(points("ASSESSMENTS", "assessment_value", ["AVG", "MIN", "MAX", 25.0], dimensions=["assessment_name"]), [(("good",), {"AVG": 0.75, "MIN": 0, "MAX": 1, "P25.0": 0.75}), (("over",), {"AVG": 3, "MIN": 3, "MAX": 3, "P25.0": 3}), (("said",), {"AVG": 1, "MIN": 1, "MAX": 1, "P25.0": 1}), (("score",), {"AVG": 0.5, "MIN": 0.25, "MAX": 0.75, "P25.0": 0.375})])
check(points("ASSESSMENTS", "assessment_count", ["COUNT"], filters=["trace.status = 'ERROR'"]), [((), {"COUNT": 2})])

for wrong in [
    lambda: ask_for("TRACES", "span_count", ["COUNT"]),
    lambda: ask_for("TRACES", "trace_count", ["AVG"]),
    lambda: ask_for("TRACES", "session_count", ["COUNT"], dimensions=["trace_name"]),
    lambda: ask_for("TRACES", "trace_count", ["COUNT"], time_interval_seconds=60),
    lambda: ask_for("TRACES", "trace_count", ["COUNT"], filters=["trace.status != 'OK'"]),
    lambda: ask_for("TRACES", "trace_count", ["COUNT"], filters=["trace.status = 'OK' AND trace.tag.team = 'blue'"]),
    lambda: ask_for("TRACES", "trace_count", ["COUNT"], filters=["trace.tag = 'OK'"]),
    lambda: ask_for("TRACES", "trace_count", ["COUNT"], filters=["span.name = 'model'"]),
    lambda: ask_for("TRACES", "trace_count", ["COUNT"], filters=["assessment.name = 'good'"]),
    lambda: ask_for("TRACES", "trace_count", []),
]:
    refused("INVALID_PARAMETER_VALUE", wrong)
print("trace metrics: fine")
