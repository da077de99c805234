"""Environments and components."""

import sys

from azure.ai.ml import load_component
from azure.ai.ml.entities import Environment

from storage import PROJECT

IMAGE = "mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04"


def make_environments(client, calls):
    with calls.step("environments are made of an image, and of an image with a conda file"):
        plain = client.environments.create_or_update(Environment(name="plain", image=IMAGE, tags={"a": "b"}))
        assert (plain.version, plain.image) == ("1", IMAGE), plain
        learning = client.environments.create_or_update(
            Environment(name="learning", version="7", image=IMAGE, conda_file=str(PROJECT / "env/conda.yml"))
        )
        assert learning.version == "7" and "azureml-mlflow" in str(learning.conda_file), learning
    with calls.step("environments are read by version and by label, and listed"):
        assert client.environments.get("learning", version="7").image == IMAGE
        assert client.environments.get("plain", label="latest").version == "1"
        assert {"plain", "learning"} <= {one.name for one in client.environments.list()}
        assert [one.version for one in client.environments.list(name="learning")] == ["7"]
    with calls.step("curated environments are in the workspace, in whatever version"):
        assert "AzureML-sklearn-1.5" in {one.name for one in client.environments.list()}
        assert client.environments.get("AzureML-sklearn-1.5", version="44").description.startswith("Python 3.10")
        assert client.environments.get("AzureML-sklearn-1.5", label="latest").version == "1"
    with calls.step("an environment is archived and restored"):
        client.environments.archive("plain", version="1")
        assert client.environments.list(name="plain") == []
        client.environments.restore("plain", version="1")
        assert len(client.environments.list(name="plain")) == 1


def make_components(client, calls):
    """@returns the components as functions"""
    found = {}
    with calls.step("components come from files, and from a Python function"):
        found["cut"] = client.components.create_or_update(load_component(PROJECT / "components/prepare.yml"))
        assert (found["cut"].name, found["cut"].version) == ("cut_readings", "1"), found["cut"]
        found["score"] = client.components.create_or_update(load_component(PROJECT / "components/score.yml"))
        sys.path.insert(0, str(PROJECT / "components"))
        from count import count_readings

        found["count"] = client.components.create_or_update(count_readings)
        assert found["count"].name == "count_readings", found["count"]
    with calls.step("a pipeline component comes from a file"):
        both = client.components.create_or_update(load_component(PROJECT / "components/cut-and-score.yml"))
        assert (both.type, both.name) == ("pipeline", "cut_and_score"), both
        found["cut_and_score"] = both
    with calls.step("components are checked, read and listed"):
        assert client.components.validate(load_component(PROJECT / "components/prepare.yml")).passed
        read = client.components.get("cut_readings", version="1")
        assert float(read.inputs["share"].default) == 0.75, read.inputs["share"].default
        assert client.components.get("cut_readings").version == "1"
        assert read.description == "Cuts the readings in two", read.description
        assert {"cut_readings", "score_line", "count_readings"} <= {one.name for one in client.components.list()}
        assert [one.version for one in client.components.list(name="score_line")] == ["1"]
    with calls.step("a component is archived and restored"):
        client.components.archive("score_line", version="1")
        assert client.components.list(name="score_line") == []
        client.components.restore("score_line", version="1")
        assert len(client.components.list(name="score_line")) == 1
    return found
