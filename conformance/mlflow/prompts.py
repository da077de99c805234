"""The prompt registry: prompts as texts and chats, their versions, tags, aliases and search; linked to a run and to a logged model."""

import time
import uuid

import recording
from recording import refused

import mlflow
from mlflow import genai
from mlflow.tracking import MlflowClient

client = MlflowClient()
mark = f"p{uuid.uuid4().hex[:8]}"
name = f"{mark}-greeting"
experiment = mlflow.set_experiment(f"{mark}-experiment")

one = genai.register_prompt(name, "Hello {{name}}", commit_message="first", tags={"author": "a"})
assert (one.version, one.commit_message, one.tags) == (1, "first", {"author": "a"}), one
two = genai.register_prompt(name, [{"role": "user", "content": "Hi {{name}}!"}], model_config={"temperature": 0.5})
assert two.version == 2
long = genai.register_prompt(f"{mark}-long", "x" * 90_000)
found = genai.load_prompt(f"prompts:/{name}/1")
assert found.template == "Hello {{name}}" and found.format(name="Eve") == "Hello Eve"
found = genai.load_prompt(f"prompts:/{name}@latest")
assert (found.version, found.template) == (2, [{"role": "user", "content": "Hi {{name}}!"}]) and found.model_config == {"temperature": 0.5}
assert genai.load_prompt(f"prompts:/{mark}-none/1", allow_missing=True) is None

genai.set_prompt_alias(name, "production", 1)
assert genai.load_prompt(f"prompts:/{name}@production").version == 1
genai.delete_prompt_alias(name, "production")
assert genai.load_prompt(f"prompts:/{name}@production", allow_missing=True) is None
genai.set_prompt_tag(name, "team", "blue")
assert genai.get_prompt_tags(name)["team"] == "blue"
genai.delete_prompt_tag(name, "team")
assert "team" not in genai.get_prompt_tags(name)
genai.set_prompt_version_tag(name, 1, "quality", "good")
assert client.get_prompt_version(name, 1).tags["quality"] == "good"
genai.delete_prompt_version_tag(name, 1, "quality")
assert "quality" not in client.get_prompt_version(name, 1).tags

assert sorted(one.name for one in genai.search_prompts(f"name LIKE '{mark}%'")) == [name, f"{mark}-long"]
assert [one.version for one in client.search_prompt_versions(name)] == [2, 1]
# The client notes the experiment in the background. Its own `experiment_id = …` takes numbers alone, and the service's ids are none.
noted = f"tags.`_mlflow_experiment_ids` LIKE '%,{experiment.experiment_id},%' AND name = '{name}'"
for _ in range(50):
    if [one.name for one in genai.search_prompts(noted)] == [name]:
        break
    time.sleep(0.1)
else:
    raise AssertionError("the prompt was not found by its experiment")
# Prompts are no models, and share the models' names.
assert client.search_registered_models(f"name LIKE '{mark}%'") == []
assert client.search_model_versions(f"name LIKE '{mark}%'") == []
refused("RESOURCE_ALREADY_EXISTS", lambda: client.create_registered_model(name))
client.create_registered_model(f"{mark}-model")
refused("INVALID_PARAMETER_VALUE", lambda: genai.register_prompt(f"{mark}-model", "text"))

with mlflow.start_run() as run:
    genai.load_prompt(f"prompts:/{name}/1")
    client.link_prompt_version_to_run(run.info.run_id, one)
assert name in client.get_run(run.info.run_id).data.tags["mlflow.linkedPrompts"]
model = client.create_logged_model(experiment.experiment_id, name="agent")
client.link_prompt_version_to_model(name, "1", model.model_id)
assert name in client.get_logged_model(model.model_id).tags["mlflow.linkedPrompts"]

client.delete_prompt_version(name, "1")
client.delete_prompt_version(name, "2")
client.delete_prompt(name)
assert genai.load_prompt(f"prompts:/{name}/1", allow_missing=True) is None
print("prompts: fine")
