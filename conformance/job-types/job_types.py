"""Job types beyond command and pipeline, driven by the Python SDK v2. Arguments: sweep|distributed|nodes GROUP WORKSPACE."""

import os
import sys
import tempfile
import time
from pathlib import Path

from azure.ai.ml import Input, MLClient, Output, PyTorchDistribution, command, dsl
from azure.ai.ml.entities import Environment
from azure.ai.ml.parallel import RunFunction, parallel_run_function
from azure.ai.ml.sweep import BanditPolicy, Choice, RandomSamplingAlgorithm, Uniform
from azure.identity import ClientSecretCredential

HERE = Path(__file__).parent
CODE = str(HERE / "src")
part, group, workspace = sys.argv[1:]
credential = ClientSecretCredential(
    os.environ["AZURE_TENANT_ID"], os.environ["AZURE_CLIENT_ID"], os.environ["AZURE_CLIENT_SECRET"]
)
client = MLClient(credential, os.environ["AZURE_SUBSCRIPTION_ID"], group, workspace)
conda = Path(tempfile.mkdtemp()) / "conda.yml"
conda.write_text("channels: [conda-forge]\ndependencies:\n  - pip\n  - pip: [mlflow-skinny]\n")
environment = Environment(name="job-types", image="mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04", conda_file=conda)


def finish(job):
    """Submits a job and waits for its end. Returns it, and the seconds that it took."""
    began = time.monotonic()
    job = client.jobs.create_or_update(job)
    while True:
        job = client.jobs.get(job.name)
        if job.status in ("Completed", "Failed", "Canceled", "NotResponding"):
            break
        time.sleep(0.5)
    seconds = time.monotonic() - began
    if job.status != "Completed":
        client.jobs.stream(job.name)
    assert job.status == "Completed", f"{job.name} is {job.status}"
    return job, seconds


def training():
    return command(
        code=CODE,
        command="python train.py --rate ${{inputs.rate}} --shape ${{inputs.shape}} --steps ${{inputs.steps}} --model ${{outputs.model}}",
        inputs={"rate": 0.5, "shape": "flat", "steps": 6},
        outputs={"model": Output(type="uri_folder")},
        environment=environment,
        compute="cpu-cluster",
        experiment_name="job-types",
    )


def sweep_of(step, trials, concurrent):
    job = step.sweep(
        compute="cpu-cluster",
        sampling_algorithm=RandomSamplingAlgorithm(rule="sobol", seed=7),
        primary_metric="score",
        goal="Maximize",
        early_termination_policy=BanditPolicy(slack_factor=0.3, evaluation_interval=1, delay_evaluation=3),
    )
    job.set_limits(max_total_trials=trials, max_concurrent_trials=concurrent, timeout=600)
    return job


def check_sweep():
    step = training()(rate=Uniform(0, 1), shape=Choice(["flat", "steep"]), steps=6)
    sweep = sweep_of(step, 20, 4)
    sweep.experiment_name = "job-types"
    # The environment is built by the first one: its time is no part of the figure.
    _, alone = finish(training())
    job, seconds = finish(sweep)
    trials = list(client.jobs.list(parent_job_name=job.name))
    statuses = [trial.status for trial in trials]
    assert len(trials) == 20, statuses
    assert sorted(trial.name for trial in trials) == sorted(f"{job.name}_{index}" for index in range(20))
    best = job.properties["best_child_run_id"]
    scores = {}
    for trial in trials:
        folder = Path(tempfile.mkdtemp())
        if trial.status == "Completed":
            client.jobs.download(trial.name, output_name="model", download_path=folder)
            scores[trial.name] = float(next(folder.rglob("score.txt")).read_text())
    assert best == max(scores, key=scores.get), (best, scores)
    assert float(job.properties["score"]) == scores[best]
    folder = Path(tempfile.mkdtemp())
    client.jobs.download(job.name, download_path=folder, all=True)
    assert float(next(folder.rglob("score.txt")).read_text()) == scores[best]
    ended = {status: statuses.count(status) for status in sorted(set(statuses))}
    print(f"  a sweep of 20 trials, max_concurrent_trials 4 on {os.cpu_count()} cores: {seconds:.1f} s; a trial alone, with the build of its environment: {alone:.1f} s")
    print(f"  trials: {ended}; best {best} with {scores[best]:.4f}, worst completed {min(scores.values()):.4f}")


def check_distributed():
    job = command(
        code=CODE,
        command="python meet.py",
        environment=environment,
        compute="cpu-cluster",
        instance_count=3,
        distribution=PyTorchDistribution(process_count_per_instance=2),
        experiment_name="job-types",
    )
    job, seconds = finish(job)
    folder = Path(tempfile.mkdtemp())
    client.jobs.download(job.name, download_path=folder, all=True)
    logs = sorted(path for path in folder.rglob("std_log_process_*.txt"))
    assert len(logs) == 6, [str(path) for path in folder.rglob("*")]
    lines = [path.read_text().strip().splitlines()[-1] for path in logs]
    for rank, line in enumerate(lines):
        assert line == f"rank {rank} of 6 on node {rank // 2} of 3, local rank {rank % 2}: the sum of all ranks is 15", line
    print(f"  a job of 3 nodes with 2 processes each, all of which met: {seconds:.1f} s")


def check_nodes():
    score = parallel_run_function(
        name="score",
        inputs={"numbers": Input(type="uri_folder"), "add": Input(type="integer")},
        outputs={"rows": Output(type="uri_file")},
        input_data="${{inputs.numbers}}",
        instance_count=2,
        max_concurrency_per_instance=2,
        mini_batch_size="5",
        error_threshold=0,
        mini_batch_error_threshold=0,
        retry_settings={"max_retries": 1, "timeout": 60},
        task=RunFunction(
            code=CODE,
            entry_script="score.py",
            environment=environment,
            program_arguments="--add ${{inputs.add}}",
            append_row_to="${{outputs.rows}}",
        ),
    )
    numbers = Path(tempfile.mkdtemp())
    for index in range(40):
        (numbers / f"{index:02}.txt").write_text(str(index))

    @dsl.pipeline(default_compute="cpu-cluster")
    def both(numbers):
        train = training()
        step = train(rate=Uniform(0, 1), shape=Choice(["steep"]), steps=4)
        tune = sweep_of(step, 4, 2)
        scored = score(numbers=numbers, add=100)
        show = command(
            command="cat ${{inputs.model}}/score.txt && wc -l < ${{inputs.rows}} && tail -n 1 ${{inputs.rows}}",
            inputs={"model": Input(type="uri_folder"), "rows": Input(type="uri_file")},
            environment=environment,
        )
        shown = show(model=tune.outputs.model, rows=scored.outputs.rows)
        note = command(command="date +%s%N", environment=environment)
        begin = note()
        tidy = note()
        return {}

    job = both(numbers=Input(type="uri_folder", path=str(numbers)))
    job.experiment_name = "job-types"
    job.settings.on_init = "begin"
    job.settings.on_finalize = "tidy"
    job, seconds = finish(job)
    children = {child.display_name: child for child in client.jobs.list(parent_job_name=job.name)}
    assert {"tune", "score", "shown", "begin", "tidy"} <= set(children), children.keys()
    folder = Path(tempfile.mkdtemp())
    client.jobs.download(children["shown"].name, download_path=folder, all=True)
    log = next(folder.rglob("std_log.txt")).read_text().split()
    assert log[-2:] == ["40", "139"], log
    assert len(list(client.jobs.list(parent_job_name=children["tune"].name))) == 4
    print(f"  a pipeline of a sweep of 4 trials, 40 files in 8 mini-batches on 2 nodes, and what reads both: {seconds:.1f} s")


{"sweep": check_sweep, "distributed": check_distributed, "nodes": check_nodes}[part]()
