"""Workspaces and computes."""

from azure.ai.ml.entities import AmlCompute, Workspace


def make_workspace(client, calls, group, name):
    with calls.step("a workspace is made"):
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
        assert keys.user_storage_key, keys
        client.workspaces.begin_sync_keys(name)


def make_compute(client, calls):
    with calls.step("a cluster is made"):
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
