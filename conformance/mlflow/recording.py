"""Notes each request that the client sends, so that the table of its calls can be ticked off: METHOD PATH a line in the file of CALLS_LOG."""

import os
from urllib.parse import urlsplit

import requests

_send = requests.Session.request


def _noting(self, method, url, *args, **kwargs):
    with open(os.environ["CALLS_LOG"], "a") as log:
        print(method.upper(), urlsplit(url).path, file=log)
    return _send(self, method, url, *args, **kwargs)


requests.Session.request = _noting


def refused(code, call):
    """Calls, and expects the server to refuse with an MLflow error code."""
    from mlflow.exceptions import MlflowException

    try:
        call()
    except MlflowException as error:
        assert error.error_code == code, f"{error.error_code}: {error}"
        return str(error)
    raise AssertionError(f"the call was not refused with {code}")
