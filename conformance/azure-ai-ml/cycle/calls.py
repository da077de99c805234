"""Counts which calls of the SDK were made and came back, and keeps a script going past what fails."""

import contextlib
import time
import traceback

from azure.core.paging import ItemPaged
from azure.core.polling import LROPoller

GROUPS = (
    "workspaces workspace_outbound_rules connections compute datastores data environments components models jobs"
    " schedules registries evaluators indexes"
).split()


class Calls:
    """What was called, by `group.method`. A call counts when its answer is here: pollers are waited for, lists read to their end."""

    def __init__(self):
        self.made = {}
        self.failures = []

    def client(self, client, where=""):
        """`where` sets calls apart that go another way, to a registry."""
        return Client(client, self, where)

    def note(self, name):
        self.made[name] = self.made.get(name, 0) + 1

    @contextlib.contextmanager
    def step(self, name, essential=False):
        """One thing that a user does. A failure is kept and shown; what comes later is still tried, unless all of it builds on this."""
        began = time.monotonic()
        try:
            yield
        except Exception as error:  # every failure of a step is a finding, whatever its kind
            self.failures.append(name)
            print(f"FAIL  {name}: {type(error).__name__}: {str(error)[:2000]}", flush=True)
            print("".join(traceback.format_tb(error.__traceback__)[-6:]), flush=True)
            if essential:
                raise SystemExit(1) from error
        else:
            print(f"ok    {name} ({time.monotonic() - began:.1f} s)", flush=True)


class Client:
    """An MLClient whose operations are counted. Everything else is the client's own."""

    def __init__(self, client, calls, where):
        self._client = client
        self._calls = calls
        self._where = f"{where}/" if where else ""

    def __getattr__(self, name):
        own = getattr(self._client, name)
        if name in GROUPS:
            return Operations(f"{self._where}{name}", own, self._calls)
        if name in ("create_or_update", "begin_create_or_update"):
            return counted(f"MLClient.{name}", own, self._calls)
        return own


class Operations:
    def __init__(self, group, operations, calls):
        self._group = group
        self._operations = operations
        self._calls = calls

    def __getattr__(self, name):
        return counted(f"{self._group}.{name}", getattr(self._operations, name), self._calls)


def counted(name, method, calls):
    def call(*args, **kwargs):
        answer = method(*args, **kwargs)
        if isinstance(answer, LROPoller):
            answer = answer.result()
        elif isinstance(answer, ItemPaged):
            answer = list(answer)
        calls.note(name)
        return answer

    return call
