"""Reads a workspace and its computes with a credential. Arguments: env|cloud, CREDENTIAL, GROUP, WORKSPACE."""

import sys

from connect import connect, credentials

how, credential, group, name = sys.argv[1:]
client = connect(how, credentials()[credential](), group, name)
found = client.workspaces.get(name)
print(found.name, [one.name for one in client.compute.list()], [one.name for one in client.jobs.list()][:1])
sys.exit(0 if found.name == name else 1)
