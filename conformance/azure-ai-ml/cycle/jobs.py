"""Jobs: one from a file, one from Python, a pipeline; followed, read, fetched, compared, put away."""

import contextlib
import io
import json
import tempfile
import time
from pathlib import Path

from azure.ai.ml import Input, Output, command, dsl, load_job

from storage import PROJECT


def run_file(client, calls):
    with calls.step("a job from a file is checked, submitted and streamed"):
        job = load_job(PROJECT / "command.yml")
        assert client.jobs.validate(job).passed
        made = client.jobs.create_or_update(job)
        assert made.services["Studio"].endpoint.startswith("https://ml.azure.com/runs/"), made.services
        shown = streamed(client, made.name)
        assert f"RunId: {made.name}" in shown and "60 readings of yellow" in shown, shown
        assert "Execution Summary" in shown, shown
        assert client.jobs.get(made.name).status == "Completed"
    with calls.step("a job's tags and words are changed"):
        found = client.jobs.get(made.name)
        found.tags["seen"] = "yes"
        found.display_name = "Counted"
        client.jobs.create_or_update(found)
        again = client.jobs.get(made.name)
        assert (again.tags["seen"], again.tags["by"], again.display_name) == ("yes", "file", "Counted"), again
    with calls.step("a job's tags, words and properties are added to"):
        changed = client.jobs.update(
            made.name, display_name="Counted twice", description="By hand", tags={"twice": "yes"}, properties={"house": "1"}
        )
        assert (changed.display_name, changed.description) == ("Counted twice", "By hand"), changed
        assert changed.tags == {"by": "file", "seen": "yes", "twice": "yes"}, changed.tags
        assert changed.properties["house"] == "1", changed.properties
    with calls.step("a job without services of its own shows none"):
        assert client.jobs.show_services(made.name) is None
    with calls.step("a job is put away and taken back"):
        client.jobs.archive(made.name)
        assert made.name not in [one.name for one in client.jobs.list()]
        client.jobs.restore(made.name)
        assert made.name in [one.name for one in client.jobs.list()]
    return made.name


def ended(client, name):
    """The status in which a job ends: canceling takes as long as the job's own clean-up."""
    for _ in range(120):
        status = client.jobs.get(name).status
        if status in ("Completed", "Failed", "Canceled"):
            return status
        time.sleep(0.5)
    return status


def streamed(client, name):
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        client.jobs.stream(name)
    return text.getvalue()


def cancel(client, calls):
    with calls.step("a job is canceled"):
        job = client.create_or_update(
            command(command="sleep 300", environment="azureml:plain:1", compute="cluster", experiment_name="readings")
        )
        client.jobs.begin_cancel(job.name)
        assert ended(client, job.name) == "Canceled"
    with calls.step("a job that ended is deleted"):
        client.jobs.begin_delete(job.name)
        assert job.name not in [one.name for one in client.jobs.list()]


def run_pipeline(client, calls, components):
    """@returns the name of the pipeline's job"""
    train = command(
        name="train",
        display_name="Train",
        code=str(PROJECT / "src"),
        command=(
            "python train.py --parts ${{inputs.parts}} --rate ${{inputs.rate}} --rounds ${{inputs.rounds}}"
            " --model ${{outputs.model}}"
        ),
        environment="azureml:learning:7",
        inputs={
            "parts": Input(type="uri_folder"),
            "rate": Input(type="number", default=0.001),
            "rounds": Input(type="integer", default=200),
        },
        outputs={"model": Output(type="custom_model")},
    )

    @dsl.pipeline(name="readings_pipeline", display_name="Learn a house", experiment_name="readings", compute="cluster")
    def learn(readings, rate: float):
        cut = components["cut"](readings=readings)
        slow = train(parts=cut.outputs.parts, rate=rate)
        slow.display_name = "slow"
        quick = train(parts=cut.outputs.parts, rate=rate, rounds=20)
        quick.display_name = "quick"
        quick.environment_variables = {"HOUSE": "yellow"}
        scored = components["score"](parts=cut.outputs.parts, model=slow.outputs.model)
        scored.outputs.scores.mode = "upload"
        return {"model": slow.outputs.model, "scores": scored.outputs.scores}

    with calls.step("a pipeline of Python is checked, submitted and streamed to Completed"):
        pipeline = learn(readings=Input(type="uri_folder", path="azureml:readings:1"), rate=0.002)
        pipeline.tags = {"kind": "learning"}
        assert client.jobs.validate(pipeline).passed
        job = client.jobs.create_or_update(pipeline)
        shown = streamed(client, job.name)
        assert f"RunId: {job.name}" in shown, shown
        found = client.jobs.get(job.name)
        assert (found.status, found.type, found.tags) == ("Completed", "pipeline", {"kind": "learning"}), found
        assert set(found.jobs) == {"cut", "slow", "quick", "scored"}, list(found.jobs)
    with calls.step("the jobs below it are listed and read"):
        children = {one.display_name: one for one in client.jobs.list(parent_job_name=job.name)}
        assert set(children) == {"Cut the readings", "slow", "quick", "Score"}, list(children)
        child = client.jobs.get(children["slow"].name)
        assert (child.status, child.tags.get("stage")) == ("Completed", "trained"), child
        assert "test error" in streamed(client, children["slow"].name)
    with calls.step("a job's outputs are fetched: its files, one output, all of them"):
        with tempfile.TemporaryDirectory() as folder:
            client.jobs.download(children["slow"].name, download_path=folder)
            report = Path(folder, "artifacts/outputs/report.txt").read_text()
            assert report.startswith("test error "), report
            assert "test error" in Path(folder, "artifacts/user_logs/std_log.txt").read_text()
        with tempfile.TemporaryDirectory() as folder:
            client.jobs.download(job.name, download_path=folder, output_name="model")
            line = json.loads(Path(folder, "named-outputs/model/line.json").read_text())
            assert line["slope"] < 0 < line["base"], line
        with tempfile.TemporaryDirectory() as folder:
            client.jobs.download(job.name, download_path=folder, all=True)
            assert Path(folder, "named-outputs/model/line.json").exists()
            scores = Path(folder, "named-outputs/scores")
            text = (scores if scores.is_file() else next(scores.iterdir())).read_text()
            assert len(text.splitlines()) == 15, text
    return job.name
