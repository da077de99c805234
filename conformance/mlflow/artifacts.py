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
from mlflow.store.artifact.mlflow_artifacts_repo import MlflowArtifactsRepository

if isinstance(repository, MlflowArtifactsRepository) and os.environ.get("MILLRACE_PARTS"):
    large = work / "large.bin"
    large.write_bytes(os.urandom(12 * 1024 * 1024 + 5))
    os.environ["MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE"] = str(6 * 1024 * 1024)
    os.environ["MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE"] = str(5 * 1024 * 1024)
    os.environ["MLFLOW_MULTIPART_DOWNLOAD_CHUNK_SIZE"] = str(5 * 1024 * 1024)
    client.log_artifact(id, str(large), "big")
    log = open(os.environ["CALLS_LOG"]).read()
    assert "/mlflow-artifacts/mpu/complete/" in log, "the client did not upload in parts"
    back = pathlib.Path(client.download_artifacts(id, "big/large.bin", tempfile.mkdtemp()))
    assert back.read_bytes() == large.read_bytes()
    log = open(os.environ["CALLS_LOG"]).read()
    assert "/mlflow-artifacts/presigned/" in log, "the client did not download in parts"
print("artifacts: fine")
