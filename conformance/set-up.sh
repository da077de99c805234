#!/usr/bin/env bash
# Installs the real clients into a folder of their own, once: the newest az, azure-ai-ml and mlflow from PyPI, the public ml extension where
# its wheel lies beside the repository, Debian's az, podman and docker where apt is ours to use. Prints nothing but progress; skips what stands.
set -euo pipefail
cd "$(dirname "$0")"
clients=${MILLRACE_CLIENTS:-$PWD/.clients}
mkdir -p "$clients"
python=$(command -v python3.12 || command -v python3.11 || command -v python3)
"$python" -c 'import venv, ensurepip' 2>/dev/null || python=$(command -v python3)

if [ ! -f "$clients/az/.complete" ]; then
  echo "conformance: installing the newest azure-cli (about a minute) ..." >&2
  rm -rf "$clients/az"
  "$python" -m venv "$clients/az"
  "$clients/az/bin/pip" install --quiet --disable-pip-version-check azure-cli >&2
  touch "$clients/az/.complete"
fi
wheel=$(ls ../../shared/clients/ml-*.whl 2>/dev/null | tail -n 1 || true)
if [ -n "$wheel" ] && [ ! -f "$clients/extensions/.complete" ]; then
  echo "conformance: adding the ml extension to it ..." >&2
  AZURE_EXTENSION_DIR=$clients/extensions "$clients/az/bin/az" extension add --yes --source "$wheel" >&2
  touch "$clients/extensions/.complete"
fi
if [ ! -f "$clients/sdk/.with-mldesigner" ]; then
  echo "conformance: installing the newest azure-ai-ml, with the package of its component decorator ..." >&2
  rm -rf "$clients/sdk"
  "$python" -m venv "$clients/sdk"
  "$clients/sdk/bin/pip" install --quiet --disable-pip-version-check azure-ai-ml azure-identity mldesigner >&2
  touch "$clients/sdk/.with-mldesigner"
fi
# Apart from the rest: the library that mounts comes for few versions of Python.
if [ ! -f "$clients/mount/.complete" ]; then
  echo "conformance: installing the newest azure-ai-ml with its extra mount ..." >&2
  rm -rf "$clients/mount"
  "$python" -m venv "$clients/mount"
  "$clients/mount/bin/pip" install --quiet --disable-pip-version-check 'azure-ai-ml[mount]' azure-identity >&2
  touch "$clients/mount/.complete"
fi
if [ ! -f "$clients/storage/.complete" ]; then
  echo "conformance: installing the newest azure-storage-blob, and Azurite beside it ..." >&2
  rm -rf "$clients/storage" "$clients/azurite"
  "$python" -m venv "$clients/storage"
  "$clients/storage/bin/pip" install --quiet --disable-pip-version-check azure-storage-blob >&2
  mkdir "$clients/azurite"
  echo '{ "private": true }' >"$clients/azurite/package.json"
  (cd "$clients/azurite" && npm install --silent --no-audit --no-fund azurite >&2)
  touch "$clients/storage/.complete"
fi
if [ ! -f "$clients/mlflow/.complete" ]; then
  echo "conformance: installing the newest mlflow (about a minute) ..." >&2
  rm -rf "$clients/mlflow"
  "$python" -m venv "$clients/mlflow"
  "$clients/mlflow/bin/pip" install --quiet --disable-pip-version-check mlflow scikit-learn Pillow >&2
  touch "$clients/mlflow/.complete"
fi
# Apart from mlflow: the plug-in asks for an mlflow of its own.
if [ ! -f "$clients/azureml-mlflow/.complete" ]; then
  echo "conformance: installing the newest azureml-mlflow ..." >&2
  rm -rf "$clients/azureml-mlflow"
  "$python" -m venv "$clients/azureml-mlflow"
  "$clients/azureml-mlflow/bin/pip" install --quiet --disable-pip-version-check azureml-mlflow azure-identity >&2
  touch "$clients/azureml-mlflow/.complete"
fi
if [ ! -f "$clients/azureml-core/.complete" ]; then
  echo "conformance: installing the newest azureml-core ..." >&2
  rm -rf "$clients/azureml-core"
  "$python" -m venv "$clients/azureml-core"
  # It imports pkg_resources, which newer versions of setuptools lack.
  "$clients/azureml-core/bin/pip" install --quiet --disable-pip-version-check azureml-core 'setuptools<80' >&2
  touch "$clients/azureml-core/.complete"
fi
if ! command -v /usr/bin/az >/dev/null && command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  echo "conformance: installing Debian's az ..." >&2
  apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq azure-cli >&2
fi
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ] && ! { command -v podman && command -v dockerd; } >/dev/null; then
  echo "conformance: installing podman and docker, and what a small image is made of ..." >&2
  apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends podman docker.io crun runc bash-static busybox-static >&2
fi
