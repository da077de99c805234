"""Mounts a data asset and a datastore with the Python SDK v2 and the library of its extra `mount`, and reads what is there. Arguments: GROUP WORKSPACE."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from azure.ai.ml import MLClient
from azure.ai.ml.entities import Data
from azure.identity import ClientSecretCredential

group, workspace = sys.argv[1:]
credential = ClientSecretCredential(
    os.environ["AZURE_TENANT_ID"], os.environ["AZURE_CLIENT_ID"], os.environ["AZURE_CLIENT_SECRET"]
)
client = MLClient(credential, os.environ["AZURE_SUBSCRIPTION_ID"], group, workspace)
folder = Path(tempfile.mkdtemp())
texts = {"a b.txt": "a", "sub/b.txt": "b" * 1_000_000}
for path, text in texts.items():
    (folder / path).parent.mkdir(exist_ok=True)
    (folder / path).write_text(text)
made = client.data.create_or_update(Data(name="mounted", version="1", type="uri_folder", path=str(folder)))
below = made.path.split("/paths/")[1]


def mounted(operations, path, inside):
    point = tempfile.mkdtemp()
    operations.mount(path, mount_point=point)
    try:
        root = Path(point) / inside
        found = {str(one.relative_to(root)): one.read_text() for one in root.rglob("*") if one.is_file()}
        assert found == texts, sorted(found)
    finally:
        subprocess.run(["fusermount", "-u", point], check=True)


mounted(client.data, "azureml:mounted:1", "")
mounted(client.datastores, "workspaceblobstore", below)
mounted(client.datastores, "azureml://datastores/workspaceblobstore/paths/" + below, "")
