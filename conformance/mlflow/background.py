"""What a server of MLflow would do by itself: scorers that look at new traces, jobs that optimize prompts. Both are kept; neither is run."""

import json
import uuid

import recording
from recording import refused

from mlflow.genai.judges import make_judge
from mlflow.protos.jobs_pb2 import JobStatus
from mlflow.protos.prompt_optimization_pb2 import OPTIMIZER_TYPE_METAPROMPT, PromptOptimizationJobConfig, PromptOptimizationJobTag
from mlflow.protos.service_pb2 import CancelPromptOptimizationJob, CreatePromptOptimizationJob, DeletePromptOptimizationJob, GetPromptOptimizationJob, SearchPromptOptimizationJobs
from mlflow.tracking import MlflowClient
from mlflow.utils.proto_json_utils import message_to_json

client = MlflowClient()
store = client._tracking_client.store
experiment = client.create_experiment(f"b{uuid.uuid4().hex[:8]}")

for name, model in [("ours", "gateway:/chat"), ("theirs", "openai:/gpt-4o")]:
    judge = make_judge(name=name, instructions="Is {{ outputs }} polite?", model=model, feedback_value_type=bool)
    registered = store.register_scorer(experiment, name, json.dumps(judge.model_dump()))
    if name == "ours":
        scorer = registered.scorer_id
assert store.get_online_scoring_configs([scorer]) == []
config = store.upsert_online_scoring_config(experiment, "ours", 0.25, "status = 'OK'")
assert (config.scorer_id, config.sample_rate, config.filter_string, config.experiment_id) == (scorer, 0.25, "status = 'OK'", experiment), config
assert store.get_online_scoring_configs([scorer, "none"]) == [config]
changed = store.upsert_online_scoring_config(experiment, "ours", 1)
assert (changed.sample_rate, changed.filter_string) == (1, None) and store.get_online_scoring_configs([scorer]) == [changed]
refused("INVALID_PARAMETER_VALUE", lambda: store.upsert_online_scoring_config(experiment, "theirs", 0.5))
refused("INVALID_PARAMETER_VALUE", lambda: store.upsert_online_scoring_config(experiment, "ours", 1.5))
refused("INVALID_PARAMETER_VALUE", lambda: store.upsert_online_scoring_config(experiment, "ours", 0.5, "nonsense"))
refused("RESOURCE_DOES_NOT_EXIST", lambda: store.upsert_online_scoring_config(experiment, "none", 0.5))


def ask(message, path=""):
    return store._call_endpoint(type(message), message_to_json(message), endpoint=f"/api/3.0/mlflow/prompt-optimization/jobs{path}")


config = PromptOptimizationJobConfig(optimizer_type=OPTIMIZER_TYPE_METAPROMPT, scorers=["Correctness"], optimizer_config_json='{"reflection_model": "openai:/gpt-4o"}')
made = ask(CreatePromptOptimizationJob(experiment_id=experiment, source_prompt_uri="prompts:/greeting/1", config=config, tags=[PromptOptimizationJobTag(key="a", value="b")])).job
assert made.job_id and made.source_prompt_uri == "prompts:/greeting/1" and made.tags[0].value == "b", made
held = ask(GetPromptOptimizationJob(), f"/{made.job_id}").job
assert held.state.status == JobStatus.JOB_STATUS_FAILED and "not implemented" in held.state.error_message and held.config == config, held
run = client.get_run(made.run_id)
assert run.info.status == "FAILED" and run.data.params["optimizer_type"] == "metaprompt" and json.loads(run.data.params["scorer_names"]) == ["Correctness"], run
assert [job.job_id for job in ask(SearchPromptOptimizationJobs(experiment_id=experiment), "/search").jobs] == [made.job_id]
refused("INVALID_PARAMETER_VALUE", lambda: ask(CancelPromptOptimizationJob(), f"/{made.job_id}/cancel"))
refused("INVALID_PARAMETER_VALUE", lambda: ask(CreatePromptOptimizationJob(experiment_id=experiment, source_prompt_uri="prompts:/greeting/1", config=PromptOptimizationJobConfig())))
ask(DeletePromptOptimizationJob(), f"/{made.job_id}")
refused("RESOURCE_DOES_NOT_EXIST", lambda: ask(GetPromptOptimizationJob(), f"/{made.job_id}"))
print("background: fine")
