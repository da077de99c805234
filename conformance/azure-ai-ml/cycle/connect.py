"""The ways to a client: which cloud it is told of, and with which credential."""

import json
import os
import urllib.error
import urllib.request

from azure.ai.ml import MLClient
from azure.identity import AzureCliCredential, ClientSecretCredential, DefaultAzureCredential

SUBSCRIPTION = os.environ["AZURE_SUBSCRIPTION_ID"]


def credentials():
    """Each credential by its name; those of the environment are what `millrace env` sets."""
    return {
        "ClientSecretCredential": lambda: ClientSecretCredential(
            os.environ["AZURE_TENANT_ID"], os.environ["AZURE_CLIENT_ID"], os.environ["AZURE_CLIENT_SECRET"]
        ),
        "DefaultAzureCredential": lambda: DefaultAzureCredential(),
        "AzureCliCredential": lambda: AzureCliCredential(process_timeout=60),
    }


def connect(how, credential, group, workspace, registry=None):
    """A client of a workspace, or of a registry. `how` is `env` (nothing but the variables of `millrace env`) or `cloud` (told of it by arguments)."""
    names = {"registry_name": registry} if registry else {"workspace_name": workspace}
    if how == "env":
        return MLClient(credential, SUBSCRIPTION, group, **names)
    cloud = described()
    return MLClient(
        credential,
        SUBSCRIPTION,
        group,
        **names,
        cloud=cloud["name"],
        cloud_metadata={
            "azure_portal": cloud["portal"],
            "resource_manager": cloud["resourceManager"],
            "active_directory": cloud["authentication"]["loginEndpoint"],
            "aml_resource_id": "https://ml.azure.com/",
            "storage_endpoint": cloud["suffixes"]["storage"],
            "registry_discovery_endpoint": "https://eastus.api.azureml.ms/",
        },
    )


def described():
    """The server's own description of its cloud."""
    with urllib.request.urlopen(os.environ["ARM_CLOUD_METADATA_URL"]) as answer:
        return json.load(answer)[0]


def raw(credential, method, path, body=None):
    """A request to Azure Resource Manager that the SDK would not send. @returns status and JSON"""
    token = credential.get_token("https://management.azure.com/.default").token
    request = urllib.request.Request(
        f"https://management.azure.com{path}?api-version=2024-04-01",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"authorization": f"Bearer {token}", "content-type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)
