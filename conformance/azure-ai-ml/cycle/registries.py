"""Registries: made, filled from files and from a workspace, used, removed."""

from pathlib import Path
import tempfile

from azure.ai.ml import load_component
from azure.ai.ml.entities import Data, Environment, Model, Registry
from azure.ai.ml.entities import RegistryRegionDetails

from building import IMAGE
from connect import connect
from storage import PROJECT


def share(client, calls, how, credential, group, name):
    """`name` is that of a registry to make."""
    with calls.step("a registry is made, read and listed"):
        made = client.registries.begin_create(
            Registry(
                name=name,
                location="eastus",
                description="For every house",
                tags={"for": "houses"},
                replication_locations=[RegistryRegionDetails(location="eastus")],
            )
        )
        assert (made.name, made.location) == (name, "eastus"), made
        assert client.registries.get(name).tags["for"] == "houses"
        assert name in [one.name for one in client.registries.list()]
    with calls.step("a registry is filled"):
        inside = calls.client(connect(how, credential, group, None, registry=name), "registry")
        environment = inside.environments.create_or_update(Environment(name="shared", version="1", image=IMAGE))
        assert environment.version == "1", environment
        assert inside.environments.get("shared", version="1").image == IMAGE
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "line.json").write_text('{"slope": 0, "base": 5}')
            model = inside.models.create_or_update(Model(name="flat", version="1", path=folder))
            assert model.version == "1", model
            data = inside.data.create_or_update(Data(name="line", version="1", type="uri_folder", path=folder))
            assert data.version == "1", data
        assert "flat" in [one.name for one in inside.models.list()]
        component = load_component(PROJECT / "components/prepare.yml")
        component.environment = f"azureml://registries/{name}/environments/shared/versions/1"
        made = inside.components.create_or_update(component)
        assert made.name == "cut_readings", made
        assert "cut_readings" in [one.name for one in inside.components.list()]
    with calls.step("what is in a registry is fetched"):
        with tempfile.TemporaryDirectory() as folder:
            inside.models.download("flat", version="1", download_path=folder)
            assert next(Path(folder).rglob("line.json")).read_text().endswith('"base": 5}')
    with calls.step("a workspace's assets are shared with the registry"):
        shared = client.models.share("line", "1", registry_name=name, share_with_name="line", share_with_version="1")
        assert shared.name == "line", shared
        assert inside.models.get("line", version="1").version == "1"
    return inside


def remove(client, calls, name):
    with calls.step("a registry is removed"):
        client.registries.begin_delete(name=name)
        assert name not in [one.name for one in client.registries.list()]
