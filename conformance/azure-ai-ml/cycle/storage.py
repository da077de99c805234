"""Datastores and data assets."""

from pathlib import Path

from azure.ai.ml.constants import AssetTypes
from azure.ai.ml.entities import AccountKeyConfiguration, AzureBlobDatastore, Data

PROJECT = Path(__file__).resolve().parent.parent / "project"


def make_datastores(client, calls):
    with calls.step("the datastores of a new workspace"):
        default = client.datastores.get_default()
        assert default.name == "workspaceblobstore", default
        names = [one.name for one in client.datastores.list()]
        assert {"workspaceblobstore", "workspaceartifactstore"} <= set(names), names
        secret = client.datastores.get("workspaceblobstore", include_secrets=True)
        assert getattr(secret.credentials, "account_key", None) or getattr(secret.credentials, "sas_token", None), secret
    with calls.step("a datastore is made, read and removed"):
        keys = client.workspaces.get_keys()
        store = AzureBlobDatastore(
            name="meters",
            description="Where the meters write",
            account_name=default.account_name,
            container_name=default.container_name,
            credentials=AccountKeyConfiguration(account_key=keys.user_storage_key),
        )
        assert client.datastores.create_or_update(store).name == "meters"
        found = client.datastores.get("meters")
        assert (found.container_name, found.description) == (default.container_name, "Where the meters write"), found
        client.datastores.create_or_update(AzureBlobDatastore(**{**given(found), "name": "spare"}))
        client.datastores.delete("spare")
        assert "spare" not in [one.name for one in client.datastores.list()]


def given(store):
    return {"account_name": store.account_name, "container_name": store.container_name}


def make_data(client, calls):
    with calls.step("a folder, a file and a table become data"):
        folder = client.data.create_or_update(
            Data(name="readings", version="1", type=AssetTypes.URI_FOLDER, path=str(PROJECT / "data/readings"))
        )
        assert folder.path.startswith("azureml://") and folder.path.endswith("/"), folder.path
        file = client.data.create_or_update(
            Data(name="january", type=AssetTypes.URI_FILE, path=str(PROJECT / "data/readings/january.csv"), tags={"m": "1"})
        )
        assert (file.version, file.type) == ("1", "uri_file"), file
        table = client.data.create_or_update(
            Data(name="table", type=AssetTypes.MLTABLE, path=str(PROJECT / "data/table"), description="As a table")
        )
        assert table.type == "mltable", table
    with calls.step("the next version comes by itself, also from a datastore's path and a web address"):
        second = client.data.create_or_update(Data(name="january", type=AssetTypes.URI_FILE, path=file.path))
        assert second.version == "2", second
        remote = client.data.create_or_update(
            Data(name="elsewhere", type=AssetTypes.URI_FILE, path="https://example.org/january.csv")
        )
        assert remote.path == "https://example.org/january.csv", remote.path
    with calls.step("data is read by version and by label, and listed"):
        assert client.data.get("january", version="1").tags == {"m": "1"}
        assert client.data.get("january", label="latest").version == "2"
        assert {"readings", "january", "table", "elsewhere"} <= {one.name for one in client.data.list()}
        assert [one.version for one in client.data.list(name="january")] == ["2", "1"]
    with calls.step("data is archived and restored, a version and all of them"):
        client.data.archive("january", version="1")
        assert [one.version for one in client.data.list(name="january")] == ["2"]
        client.data.restore("january", version="1")
        assert len(client.data.list(name="january")) == 2
        client.data.archive("elsewhere")
        assert "elsewhere" not in [one.name for one in client.data.list()]
        client.data.restore("elsewhere")
        assert "elsewhere" in [one.name for one in client.data.list()]
    with calls.step("a tag of a version is changed"):
        kept = client.data.get("table", version="1")
        kept.tags = {"seen": "yes"}
        client.data.create_or_update(kept)
        assert client.data.get("table", version="1").tags == {"seen": "yes"}
