"""Models: from a folder, from what a job made; fetched, put away."""

import json
import tempfile
from pathlib import Path

from azure.ai.ml.constants import AssetTypes
from azure.ai.ml.entities import Index, Model

from storage import PROJECT


def register(client, calls, job):
    """`job` is a pipeline job with an output `model`."""
    with calls.step("what a job made becomes a model"):
        made = client.models.create_or_update(
            Model(
                name="line",
                type=AssetTypes.CUSTOM_MODEL,
                path=f"azureml://jobs/{job}/outputs/model",
                description="A line through the readings",
                tags={"house": "yellow"},
                properties={"fit": "least squares"},
            )
        )
        assert (made.version, made.type) == ("1", "custom_model"), made
        assert made.tags == {"house": "yellow"} and made.properties["fit"] == "least squares", made
        second = client.create_or_update(
            Model(name="line", path=f"azureml://jobs/{job}/outputs/model/paths/line.json", type=AssetTypes.CUSTOM_MODEL)
        )
        assert second.version == "2", second
    with calls.step("a model comes from a file of one's own"):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "line.json").write_text('{"slope": -0.2, "base": 6}')
            own = client.models.create_or_update(Model(name="guess", version="9", path=folder, stage="Development"))
            assert (own.version, own.stage) == ("9", "Development"), own
    with calls.step("models are read by version and by label, and listed"):
        found = client.models.get("line", version="1")
        assert found.description == "A line through the readings", found
        assert client.models.get("line", label="latest").version == "2"
        assert {"line", "guess"} <= {one.name for one in client.models.list()}
        assert [one.version for one in client.models.list(name="line")] == ["2", "1"]
        assert [one.name for one in client.models.list(name="guess", stage="Development")] == ["guess"]
    with calls.step("a model is changed"):
        found.tags["checked"] = "yes"
        found.description = "Checked"
        client.models.create_or_update(found)
        again = client.models.get("line", version="1")
        assert (again.tags, again.description) == ({"house": "yellow", "checked": "yes"}, "Checked"), again
    with calls.step("models are fetched"):
        with tempfile.TemporaryDirectory() as folder:
            client.models.download("line", version="1", download_path=folder)
            files = list(Path(folder).rglob("line.json"))
            assert len(files) == 1 and json.loads(files[0].read_text())["slope"] < 0, list(Path(folder).rglob("*"))
        with tempfile.TemporaryDirectory() as folder:
            client.models.download("guess", version="9", download_path=folder)
            assert json.loads(next(Path(folder).rglob("line.json")).read_text())["base"] == 6
    with calls.step("a model is archived and restored, a version and all of them"):
        client.models.archive("line", version="1")
        assert [one.version for one in client.models.list(name="line")] == ["2"]
        client.models.restore("line", version="1")
        assert len(client.models.list(name="line")) == 2
        client.models.archive("guess")
        assert "guess" not in [one.name for one in client.models.list()]
        client.models.restore("guess")
        assert "guess" in [one.name for one in client.models.list()]


def keep_index(client, calls):
    with calls.step("a search index is kept, read and listed"):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "MLIndex").write_text("index: {}\n")
            made = client.indexes.create_or_update(Index(name="pages", path=folder, description="Of the manual"))
        assert (made.name, made.version) == ("pages", "1"), made
        assert client.indexes.get("pages", version="1").description == "Of the manual"
        assert client.indexes.get("pages", label="latest").version == "1"
        assert [one.name for one in client.indexes.list()] == ["pages"]
        assert [one.version for one in client.indexes.list("pages")] == ["1"]
