"""Prints every call that the installed mlflow client's REST stores can make, from the tables in its own source, as src/ml/tracking/client-calls.gen.ts."""

import mlflow
from mlflow.store.model_registry import rest_store as registry
from mlflow.store.tracking.rest_store import RestStore

calls = set()


def add(name, endpoint):
    path, method = endpoint
    # One path of the client's own lacks the slash before `mlflow`.
    path = path.replace("/api/2.0mlflow", "/api/2.0/mlflow").removeprefix("/api/2.0/mlflow").removeprefix("/api/3.0/mlflow")
    calls.add((name, method, path))


for message, endpoint in RestStore._METHOD_TO_INFO.items():
    add(message.__name__, endpoint)
for message, endpoints in registry._METHOD_TO_ALL_INFO.items():
    for endpoint in endpoints:
        add(message.__name__, endpoint)
for message, endpoint in registry._WEBHOOK_METHOD_TO_INFO.items():
    add(message.__name__, endpoint)

print(f"""// Made by conformance/mlflow/list-calls.py from the client's own source.

/** The client whose calls these are. */
export const MLFLOW_VERSION = '{mlflow.__version__}';

/** Every call of the client's REST stores: its name, method, and path below `/api/2.0/mlflow` or `/api/3.0/mlflow`. */
export const CLIENT_CALLS: readonly (readonly [name: string, method: string, path: string])[] = [""")
for name, method, path in sorted(calls, key=lambda call: (call[2], call[1], call[0])):
    print(f"  ['{name}', '{method}', '{path}'],")
print("];")
