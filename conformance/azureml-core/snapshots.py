"""Snapshots with the Python SDK v1: the code of a job is restored, a folder becomes a snapshot of a run, and one after a change. Arguments:
GROUP WORKSPACE JOB FILE, the last the path of a file of the job's code below its folder and where it lies (PATH=FILE)."""

import os
import sys
import tempfile
import zipfile
from pathlib import Path

import requests
from azureml.core import Experiment, Run, Workspace
from azureml.core.authentication import ServicePrincipalAuthentication

group, name, job, pair = sys.argv[1:]
inside, _, original = pair.partition("=")
credential = ServicePrincipalAuthentication(
    os.environ["AZURE_TENANT_ID"], os.environ["AZURE_CLIENT_ID"], os.environ["AZURE_CLIENT_SECRET"]
)
workspace = Workspace.get(name, auth=credential, subscription_id=os.environ["AZURE_SUBSCRIPTION_ID"], resource_group=group)
print("workspace:", workspace.name, workspace.location)


def files(run):
    """The texts of a run's snapshot, by path."""
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(run.restore_snapshot(path=folder)) as archive:
        assert archive.testzip() is None
        return {one.filename: archive.read(one) for one in archive.infolist() if not one.is_dir()}


done = Run.get(workspace, job)
print("snapshot of the job:", done.get_snapshot_id())
restored = files(done)
assert restored[inside] == Path(original).read_bytes(), sorted(restored)

# Runs that take a snapshot of a folder: of all of it, then of what changed.
folder = Path(tempfile.mkdtemp()) / "project"
(folder / "sub folder").mkdir(parents=True)
texts = {"train.py": b"print('train')\n", "sub folder/a+b %.txt": "ä\n".encode(), "empty.txt": b""}
for path, text in texts.items():
    (folder / path).write_bytes(text)
experiment = Experiment(workspace, "snapshots")
first = experiment.start_logging(snapshot_directory=str(folder))
first.complete()
found = files(first)
assert {path: found.get(path) for path in texts} == texts, sorted(found)

texts["train.py"] = b"print('again')\n"
texts["more.py"] = b"more = 1\n"
for path in ("train.py", "more.py"):
    (folder / path).write_bytes(texts[path])
(folder / "empty.txt").unlink()
del texts["empty.txt"]
second = experiment.start_logging(snapshot_directory=str(folder))
second.complete()
assert second.get_snapshot_id() != first.get_snapshot_id()
found = files(second)
assert {path: found.get(path) for path in texts} == texts, sorted(found)
assert "empty.txt" not in found and b"train" in files(first)["train.py"]

# What the runtime of a job reads a snapshot by: its files, each by an address of its own.
answer = requests.post(
    "https://%s.api.azureml.ms/content/v2.0%s/snapshots/sas" % (workspace.location, workspace.get_details()["id"]),
    headers=credential.get_authentication_header(),
    json={"snapshotOrAssetId": second.get_snapshot_id()},
)
answer.raise_for_status()
leaf = answer.json()["children"]["sub folder"]["children"]["a+b %.txt"]
assert requests.get(leaf["sasUrl"]).content == texts["sub folder/a+b %.txt"]
print("snapshots:", first.get_snapshot_id(), second.get_snapshot_id())
