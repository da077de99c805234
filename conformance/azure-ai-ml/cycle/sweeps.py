"""Trials: a sweep, its children, its best one."""

import json
import os
import subprocess
import tempfile
from pathlib import Path

from azure.ai.ml import Input, Output, command
from azure.ai.ml.sweep import Choice

from jobs import streamed
from storage import PROJECT


def try_rates(client, calls, job):
    """`job` is a pipeline job whose first node cut the readings."""
    cut = next(one for one in client.jobs.list(parent_job_name=job) if one.display_name == "Cut the readings")
    with calls.step("a sweep runs to its end and names its best trial"):
        trial = command(
            code=str(PROJECT / "src"),
            command=(
                "python train.py --parts ${{inputs.parts}} --rate ${{inputs.rate}} --rounds ${{inputs.rounds}}"
                " --model ${{outputs.model}}"
            ),
            environment="azureml:learning:7",
            compute="cluster",
            experiment_name="readings",
            inputs={
                "parts": Input(type="uri_folder", path=f"azureml://jobs/{cut.name}/outputs/parts"),
                "rate": 0.001,
                "rounds": 100,
            },
            outputs={"model": Output(type="custom_model")},
        )
        sweep = trial(rate=Choice([0.0001, 0.002])).sweep(
            sampling_algorithm="grid", primary_metric="test_error", goal="Minimize", compute="cluster"
        )
        sweep.experiment_name = "readings"
        sweep.display_name = "Rates"
        sweep.set_limits(max_total_trials=2, max_concurrent_trials=2, timeout=600)
        assert client.jobs.validate(sweep).passed
        made = client.jobs.create_or_update(sweep)
        streamed(client, made.name)
        found = client.jobs.get(made.name)
        assert (found.status, found.type) == ("Completed", "sweep"), found
        best = found.properties["best_child_run_id"]
    with calls.step("the trials of a sweep are listed, and the best one's output is fetched"):
        trials = {one.name for one in client.jobs.list(parent_job_name=made.name)}
        assert len(trials) == 2 and best in trials, trials
        with tempfile.TemporaryDirectory() as folder:
            client.jobs.download(made.name, download_path=folder, output_name="model")
            line = json.loads(Path(folder, "named-outputs/model/line.json").read_text())
            assert set(line) == {"slope", "base"}, line
    with calls.step("what the trials logged is compared with mlflow"):
        compared = subprocess.run(
            [
                os.environ["MLFLOW_PYTHON"],
                Path(__file__).with_name("compare.py"),
                client.workspaces.get().mlflow_tracking_uri,
                "readings",
                made.name,
                best,
            ],
            capture_output=True,
            text=True,
        )
        assert compared.returncode == 0, (compared.stdout + compared.stderr)[-1500:]
