"""What is wrong is said: by the SDK before it sends, by the server with the service's code and status."""

from azure.ai.ml import Input, command, dsl, load_component, load_job
from azure.ai.ml.entities import AmlCompute, Data, Environment
from azure.ai.ml.exceptions import ValidationException
from azure.core.exceptions import HttpResponseError
from marshmallow.exceptions import ValidationError

from connect import raw
from storage import PROJECT


def refused(status, code, act, *words):
    """`act` must fail with the HTTP status and the error's code, and the message must hold the words."""
    try:
        act()
    except HttpResponseError as error:
        assert error.status_code == status, f"{error.status_code} instead of {status}: {error}"
        assert error.error is not None and error.error.code == code, f"{error.error and error.error.code}: {error}"
        for word in words:
            assert word in str(error), f"{word!r} is not in: {error}"
        return error
    raise AssertionError("it was taken")


def inner_codes(error):
    return nested(error.response.json())


def nested(body):
    """The nested codes that the service puts into the additional information."""
    found = []
    for info in body["error"]["additionalInfo"]:
        node = info["info"]["value"] if info["type"] == "InnerError" else None
        while node:
            found.append(node["code"])
            node = node["innerError"]
    return found


def plain(**changes):
    given = {
        "command": "echo ${{inputs.word}}",
        "environment": "azureml:plain:1",
        "compute": "cluster",
        "inputs": {"word": "hello"},
        "experiment_name": "wrong",
    }
    return command(**{**given, **changes})


def try_everything(client, calls):
    with calls.step("what is not there is told as 404, by its kind"):
        assert inner_codes(refused(404, "UserError", lambda: client.jobs.get("no_such_job"), "no_such_job")) == [
            "NotFound",
            "JobNotFound",
        ]
        refused(404, "UserError", lambda: client.datastores.get("nowhere"), "nowhere")
        refused(404, "UserError", lambda: client.data.get("nothing", version="1"), "nothing")
        refused(404, "UserError", lambda: client.models.get("nothing", version="1"), "nothing")
        refused(404, "UserError", lambda: client.environments.get("nothing", version="1"), "nothing")
        refused(404, "UserError", lambda: client.components.get("nothing", version="1"), "nothing")
        refused(404, "ComputeNotFound", lambda: client.compute.get("nothing"), "nothing")
        refused(404, "ResourceNotFound", lambda: client.workspaces.get("nothing"), "nothing")
    with calls.step("a job that names a compute which is not there"):
        refused(404, "ComputeNotFound", lambda: client.jobs.create_or_update(plain(compute="nowhere")), "nowhere")
    with calls.step("a job that names an environment which is not there"):
        refused(404, "UserError", lambda: client.jobs.create_or_update(plain(environment="azureml:nowhere:1")), "nowhere")
    with calls.step("a job whose data is not there"):
        absent = {"word": Input(type="uri_folder", path="azureml:nothing:1")}
        refused(404, "UserError", lambda: client.jobs.create_or_update(plain(inputs=absent)), "nothing")
    with calls.step("the SDK itself refuses a command that reads an input which the job does not have"):
        try:
            client.jobs.create_or_update(plain(command="echo ${{inputs.other}}"))
        except ValidationException as error:
            assert "other" in str(error), error
        else:
            raise AssertionError("it was taken")
    with calls.step("a version that is there with other contents"):
        refused(
            409,
            "UserError",
            lambda: client.environments.create_or_update(Environment(name="plain", version="1", image="other:1")),
            "plain",
        )
        refused(
            409,
            "UserError",
            lambda: client.data.create_or_update(
                Data(name="january", version="1", type="uri_file", path="https://example.org/other.csv")
            ),
            "already exists",
        )
        changed = load_component(PROJECT / "components/score.yml")
        changed.command = "echo changed ${{inputs.parts}} ${{inputs.model}} ${{outputs.scores}}"
        error = refused(400, "UserError", lambda: client.components.create_or_update(changed), "score_line")
        assert "UpdateComponentFailed" in inner_codes(error), inner_codes(error)
    with calls.step("a job that ended cannot be canceled"):
        job = client.jobs.create_or_update(plain(command="true", inputs={}))
        client.jobs.stream(job.name)
        error = refused(400, "UserError", lambda: client.jobs.begin_cancel(job.name), job.name)
        assert inner_codes(error) == ["BadArgument", "ArgumentInvalid", "CancelPipelineRunInTerminalStatus"], error
    with calls.step("a compute with a name that no compute can have"):
        refused(400, "UserError", lambda: client.compute.begin_create_or_update(AmlCompute(name="a b", max_instances=1)))
    with calls.step("the SDK itself refuses a file that its schema does not know"):
        try:
            load_job(PROJECT / "command.yml", params_override=[{"colour": "red"}, {"compute": ["no"]}])
        except ValidationError as error:
            assert "colour" in str(error) and "compute" in str(error), error
        else:
            raise AssertionError("it was taken")


def send_unchecked(client, calls, credential):
    """Bodies that the SDK would refuse itself: other clients send them."""
    workspace = client.workspaces.get().id
    component = f"{workspace}/components/cut_readings/versions/1"
    readings = {"job_input_type": "uri_folder", "uri": f"{workspace}/data/readings/versions/1"}

    def node(**changes):
        return {"type": "command", "componentId": component, "inputs": {"readings": readings}, **changes}

    def pipeline(jobs, **changes):
        return {"jobType": "Pipeline", "settings": {"default_compute": f"{workspace}/computes/cluster"}, "jobs": jobs, **changes}

    def echo(**changes):
        return {
            "jobType": "Command",
            "command": "true",
            "environmentId": f"{workspace}/environments/plain/versions/1",
            "computeId": f"{workspace}/computes/cluster",
            **changes,
        }

    def refuses(what, properties, status, *words, codes=()):
        with calls.step(f"the server refuses {what}, and keeps nothing of it"):
            got, body = raw(credential, "PUT", f"{workspace}/jobs/unchecked", {"properties": properties})
            assert (got, body["error"]["code"]) == (status, "UserError"), (got, body)
            for word in words:
                assert word in body["error"]["message"], (word, body["error"]["message"])
            for code in codes:
                assert code in nested(body), (code, nested(body))
            assert raw(credential, "GET", f"{workspace}/jobs/unchecked")[0] == 404

    invalid = ["BadArgument", "ArgumentInvalid", "InvalidPipelineJob"]
    refuses("a command that reads an input which it does not have", echo(command="echo ${{inputs.other}}"), 400, "other")
    refuses("a command job without a command", echo(command=""), 400, "command")
    refuses("a pipeline node without an input that its component needs", pipeline({"a": node(inputs={})}), 400, "readings", codes=invalid)
    refuses(
        "text where a folder is wanted",
        pipeline({"a": node(inputs={"readings": {"job_input_type": "literal", "value": "text"}})}),
        400,
        "readings",
        codes=invalid,
    )
    refuses(
        "text where a number is wanted",
        pipeline({"a": node(inputs={"readings": readings, "share": {"job_input_type": "literal", "value": "most"}})}),
        400,
        "share",
        "number",
        codes=[*invalid, "InvalidComponentJobInput"],
    )
    refuses(
        "a number beyond its bounds",
        pipeline({"a": node(inputs={"readings": readings, "share": {"job_input_type": "literal", "value": "0.95"}})}),
        400,
        "share",
        "0.9",
        codes=invalid,
    )
    refuses(
        "a binding to a node that is not there",
        pipeline({"a": node(inputs={"readings": {"job_input_type": "literal", "value": "${{parent.jobs.b.outputs.x}}"}})}),
        400,
        "b",
        codes=invalid,
    )
    to = "${{parent.jobs.%s.outputs.parts}}"
    refuses(
        "nodes that wait for each other",
        pipeline({
            "a": node(inputs={"readings": {"job_input_type": "literal", "value": to % "b"}}),
            "b": node(inputs={"readings": {"job_input_type": "literal", "value": to % "a"}}),
        }),
        400,
        codes=invalid,
    )
    refuses(
        "a component that is not there",
        pipeline({"a": node(componentId=f"{workspace}/components/nowhere/versions/1")}),
        404,
        "nowhere",
    )
