"""Artifacts up and down: files, folders, texts, figures, images, tables; large files in parts."""

import os
import pathlib
import tempfile

import recording

import mlflow
import numpy
import pandas
from mlflow.tracking import MlflowClient

client = MlflowClient()
work = pathlib.Path(tempfile.mkdtemp())
(work / "tree/deep").mkdir(parents=True)
(work / "tree/a.txt").write_text("a")
(work / "tree/deep/b c ü.bin").write_bytes(bytes(range(256)))
(work / "empty").write_bytes(b"")

with mlflow.start_run() as run:
    id = run.info.run_id
    mlflow.log_artifact(str(work / "tree/a.txt"))
    mlflow.log_artifact(str(work / "empty"), "sub")
    mlflow.log_artifacts(str(work / "tree"), "tree")
    mlflow.log_text("hello\n", "texts/hello.txt")
    mlflow.log_dict({"a": [1, 2]}, "settings.yaml")
    mlflow.log_image(numpy.zeros((4, 4, 3), dtype=numpy.uint8), "zero.png")
    for step in range(3):
        mlflow.log_image(numpy.full((8, 8, 3), step, dtype=numpy.uint8), key="sample", step=step)
    mlflow.log_table({"inputs": ["a"], "outputs": [1]}, "answers.json")
    mlflow.log_table(pandas.DataFrame({"inputs": ["b"], "outputs": [2]}), "answers.json")

assert mlflow.artifacts.load_text(f"runs:/{id}/texts/hello.txt") == "hello\n"
assert mlflow.artifacts.load_image(f"runs:/{id}/zero.png").size == (4, 4)
table = mlflow.load_table("answers.json", run_ids=[id])
assert list(table["inputs"]) == ["a", "b"] and list(table["outputs"]) == [1, 2]
top = {one.path: one.is_dir for one in client.list_artifacts(id)}
assert top["a.txt"] is False and top["tree"] is True and "images" in top, top
assert [one.path for one in client.list_artifacts(id, "tree/deep")] == ["tree/deep/b c ü.bin"]
assert client.list_artifacts(id, "a.txt") == []
sizes = {one.path: one.file_size for one in client.list_artifacts(id, "sub")}
assert sizes == {"sub/empty": 0}, sizes
images = [one.path for one in client.list_artifacts(id, "images")]
assert len([one for one in images if one.endswith(".png")]) == 3, images
down = pathlib.Path(client.download_artifacts(id, "tree", tempfile.mkdtemp()))
assert (down / "deep/b c ü.bin").read_bytes() == bytes(range(256)) and (down / "a.txt").read_text() == "a"
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

repository = get_artifact_repository(run.info.artifact_uri)
repository.delete_artifacts("tree/a.txt")
assert [one.path for one in client.list_artifacts(id, "tree")] == ["tree/deep"]
from mlflow.protos.service_pb2 import ListArtifacts
from mlflow.utils.proto_json_utils import message_to_json

listed = client._tracking_client.store._call_endpoint(ListArtifacts, message_to_json(ListArtifacts(run_id=id, path="sub")))
assert [one.path for one in listed.files] == ["sub/empty"]
# Files in parts, up and down, when the client is told to; the large one differs in every part.
os.environ["MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD"] = os.environ["MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD"] = "true"
os.environ["MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE"] = str(6 * 1024 * 1024)
os.environ["MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE"] = os.environ["MLFLOW_MULTIPART_DOWNLOAD_CHUNK_SIZE"] = str(5 * 1024 * 1024)
large = work / "large ü.bin"
large.write_bytes(os.urandom(12 * 1024 * 1024 + 5))
client.log_artifact(id, str(large), "big")
log = open(os.environ["CALLS_LOG"]).read()
assert "/mlflow-artifacts/mpu/complete/" in log and log.count("/mlflow-artifacts/mpu/part/") >= 3, "the client did not upload in parts"
assert [(one.path, one.file_size) for one in client.list_artifacts(id, "big")] == [("big/large ü.bin", large.stat().st_size)]
back = pathlib.Path(client.download_artifacts(id, "big/large ü.bin", tempfile.mkdtemp()))
assert back.read_bytes() == large.read_bytes()
assert "/mlflow-artifacts/presigned/" in open(os.environ["CALLS_LOG"]).read(), "the client did not download in parts"
repository = get_artifact_repository(run.info.artifact_uri)
begun = repository.create_multipart_upload(str(large), 2, "big")
repository.abort_multipart_upload(str(large), begun.upload_id, "big")
assert len(client.list_artifacts(id, "big")) == 1

# Addresses that are used without the client.
import requests
from mlflow.protos.service_pb2 import CreatePresignedDownloadUrl, CreatePresignedUploadUrl

store = client._tracking_client.store
up = store._call_endpoint(CreatePresignedUploadUrl, message_to_json(CreatePresignedUploadUrl(run_id=id, path="direct/a b.txt")))
requests.put(up.presigned_url, data=b"direct", headers=dict(up.headers)).raise_for_status()
down = store._call_endpoint(CreatePresignedDownloadUrl, message_to_json(CreatePresignedDownloadUrl(run_id=id, path="direct/a b.txt")))
part = requests.get(down.presigned_url, headers={**down.headers, "Range": "bytes=2-3"})
assert (down.file_size, part.status_code, part.content, part.headers["Content-Range"]) == (6, 206, b"re", "bytes 2-3/6"), part
print("artifacts: fine")
