"""
A whole project with the SDK. Arguments: env|cloud, CREDENTIAL, GROUP, WORKSPACE. Prints the calls that it made; at least MINIMUM distinct ones.
MLFLOW_PYTHON is the interpreter that has mlflow with the azureml-mlflow plug-in: no environment holds both of the newest SDK and plug-in.
"""

import sys

import bad_input
import building
import jobs
import models
import registries
import schedules
import storage
import sweeps
import workspace
from calls import Calls
from connect import connect, credentials

MINIMUM = 60


def main(how, credential, group, name):
    calls = Calls()
    given = credentials()[credential]()
    client = calls.client(connect(how, given, group, name))
    workspace.make_workspace(client, calls, group, name)
    workspace.settle_workspace(client, calls, name)
    workspace.make_compute(client, calls)
    workspace.make_instance(client, calls)
    storage.make_datastores(client, calls)
    storage.make_data(client, calls)
    building.make_environments(client, calls)
    components = building.make_components(client, calls)
    jobs.run_file(client, calls)
    jobs.cancel(client, calls)
    learned = jobs.run_pipeline(client, calls, components)
    sweeps.try_rates(client, calls, learned)
    models.register(client, calls, learned)
    models.keep_index(client, calls)
    schedules.plan(client, calls, learned)
    registries.share(client, calls, how, given, group, f"{name}-registry")
    bad_input.try_everything(client, calls)
    bad_input.send_unchecked(client, calls, given)
    registries.remove(client, calls, f"{name}-registry")
    workspace.remove_workspace(client, calls, name)
    distinct = {call.split("/")[-1] for call in calls.made}
    print(f"\n{len(distinct)} distinct calls of the SDK came back:")
    for call in sorted(calls.made):
        print(f"  {call} ({calls.made[call]})")
    if calls.failures:
        print(f"\n{len(calls.failures)} steps failed: {'; '.join(calls.failures)}")
    return 0 if not calls.failures and len(distinct) >= MINIMUM else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
