"""Submits a pipeline job with the Python SDK v2 and follows it to its end. Arguments: FILE GROUP WORKSPACE."""

import os
import sys

from azure.ai.ml import MLClient, load_job
from azure.identity import ClientSecretCredential

path, group, workspace = sys.argv[1:]
credential = ClientSecretCredential(
    os.environ["AZURE_TENANT_ID"], os.environ["AZURE_CLIENT_ID"], os.environ["AZURE_CLIENT_SECRET"]
)
client = MLClient(credential, os.environ["AZURE_SUBSCRIPTION_ID"], group, workspace)
print("workspace:", client.workspaces.get(workspace).name)
job = client.jobs.create_or_update(load_job(path))
print("job:", job.name)
client.jobs.stream(job.name)
status = client.jobs.get(job.name).status
print("status:", status)
sys.exit(0 if status == "Completed" else 1)
