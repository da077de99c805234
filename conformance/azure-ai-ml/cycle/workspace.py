"""Workspaces and computes."""

from azure.ai.ml.entities import (
    AmlCompute,
    ComputeInstance,
    FqdnDestination,
    KubernetesCompute,
    PatTokenConfiguration,
    Workspace,
    WorkspaceConnection,
)


def make_workspace(client, calls, group, name):
    with calls.step("a workspace is made", essential=True):
        made = client.workspaces.begin_create(
            Workspace(
                name=name,
                resource_group=group,
                location="eastus",
                display_name="House",
                description="Readings of a house",
                tags={"team": "house"},
            )
        )
        assert (made.name, made.location, made.display_name) == (name, "eastus", "House"), made
        assert made.tags["team"] == "house", made.tags
    with calls.step("workspaces are read and listed"):
        found = client.workspaces.get(name)
        assert found.discovery_url.startswith("https://") and found.mlflow_tracking_uri.startswith("azureml://"), found
        assert name in [one.name for one in client.workspaces.list()]
    with calls.step("a workspace is changed"):
        found.description = "Readings of one house"
        found.tags = {"team": "house", "floor": "2"}
        changed = client.workspaces.begin_update(found)
        assert (changed.description, changed.tags["floor"]) == ("Readings of one house", "2"), changed
        assert client.workspaces.get(name).tags["floor"] == "2"
    with calls.step("the keys of a workspace"):
        keys = client.workspaces.get_keys(name)
        assert keys.user_storage_key and keys.user_storage_resource_id == found.storage_account, keys
        client.workspaces.begin_sync_keys(name)


def settle_workspace(client, calls, name):
    with calls.step("connections are kept with their secrets"):
        made = client.connections.create_or_update(
            WorkspaceConnection(
                name="code", type="git", target="https://example.org/house.git", credentials=PatTokenConfiguration(pat="secret")
            )
        )
        assert (made.name, made.target) == ("code", "https://example.org/house.git"), made
        assert client.connections.get("code").type == "git"
        assert [one.name for one in client.connections.list()] == ["code"]
        client.connections.delete("code")
        assert client.connections.list() == []
    with calls.step("outbound rules are kept"):
        rule = client.workspace_outbound_rules.begin_create(name, FqdnDestination(name="packages", destination="pypi.org"))
        assert (rule.name, rule.destination) == ("packages", "pypi.org"), rule
        client.workspace_outbound_rules.begin_update(name, FqdnDestination(name="packages", destination="*.pypi.org"))
        assert client.workspace_outbound_rules.get(name, "packages").destination == "*.pypi.org"
        assert [one.name for one in client.workspace_outbound_rules.list(name)] == ["packages"]
        client.workspace_outbound_rules.begin_remove(name, "packages")
        assert list(client.workspace_outbound_rules.list(name)) == []
    with calls.step("a workspace is diagnosed, and its network provided"):
        assert client.workspaces.begin_diagnose(name) is not None
        assert client.workspaces.begin_provision_network(workspace_name=name) is not None
    with calls.step("sizes and usages are told"):
        assert "STANDARD_DS3_V2" in [one.name.upper() for one in client.compute.list_sizes()]
        assert isinstance(client.compute.list_usage(), list)


def make_instance(client, calls):
    with calls.step("an instance is made, stopped, started, restarted"):
        made = client.compute.begin_create_or_update(ComputeInstance(name="desk", size="STANDARD_DS3_V2"))
        assert (made.name, made.state) == ("desk", "Running"), made
        client.compute.begin_stop("desk")
        assert client.compute.get("desk").state == "Stopped"
        client.compute.begin_start("desk")
        client.compute.begin_restart("desk")
        assert client.compute.get("desk").state == "Running"
        client.compute.begin_delete("desk")
    with calls.step("a cluster of somebody else's is attached and detached"):
        outside = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/house"
        made = client.compute.begin_attach(KubernetesCompute(name="outside", resource_id=outside, namespace="default"))
        assert made.name == "outside", made
        client.compute.begin_delete("outside", action="Detach")
        assert "outside" not in [one.name for one in client.compute.list()]


def make_compute(client, calls):
    with calls.step("a cluster is made", essential=True):
        made = client.compute.begin_create_or_update(
            AmlCompute(
                name="cluster",
                size="STANDARD_DS3_V2",
                min_instances=0,
                max_instances=2,
                idle_time_before_scale_down=120,
                tags={"for": "cycle"},
            )
        )
        assert (made.name, made.max_instances, made.provisioning_state) == ("cluster", 2, "Succeeded"), made
    with calls.step("clusters are read, listed, changed"):
        found = client.compute.get("cluster")
        assert (found.size.upper(), found.idle_time_before_scale_down) == ("STANDARD_DS3_V2", 120), found
        assert "cluster" in [one.name for one in client.compute.list()]
        assert [one.name for one in client.compute.list(compute_type="AMLCompute")] == ["cluster"]
        found.max_instances = 3
        assert client.compute.begin_update(found).max_instances == 3
        assert client.compute.get("cluster").max_instances == 3
    with calls.step("the nodes of a cluster"):
        assert list(client.compute.list_nodes("cluster")) == []
    with calls.step("a second cluster is made by the client itself, and removed"):
        client.begin_create_or_update(AmlCompute(name="other", max_instances=1))
        client.compute.begin_delete("other")
        assert "other" not in [one.name for one in client.compute.list()]


def remove_workspace(client, calls, name):
    with calls.step("a workspace is removed"):
        client.workspaces.begin_delete(name, delete_dependent_resources=False)
        assert name not in [one.name for one in client.workspaces.list()]
