"""Webhooks of the model registry: made, listed, changed, tested, called with the client's own signature, deleted."""

import base64
import hashlib
import hmac
import json
import queue
import threading
import uuid
from http.server import BaseHTTPRequestHandler, HTTPServer

import recording
from recording import refused

from mlflow.entities.webhook import WebhookStatus
from mlflow.tracking import MlflowClient

client = MlflowClient()
mark = f"w{uuid.uuid4().hex[:8]}"
calls = queue.Queue()


class Hook(BaseHTTPRequestHandler):
    def do_POST(self):
        calls.put((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"])).decode()))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"taken")

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Hook)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}/hook"
wanted = ["registered_model.created", "model_version_tag.set", "model_version_alias.created", "prompt.created"]
hook = client.create_webhook(mark, url, wanted, description="told", secret="s3cret")
assert (hook.name, hook.url, hook.description, hook.status) == (mark, url, "told", WebhookStatus.ACTIVE), hook
assert sorted(str(event) for event in hook.events) == sorted(wanted), hook.events
assert hook.webhook_id in [one.webhook_id for one in client.list_webhooks()]
assert client.get_webhook(hook.webhook_id).secret is None
refused("INVALID_PARAMETER_VALUE", lambda: client.create_webhook("-", url, wanted))
refused("INVALID_PARAMETER_VALUE", lambda: client.create_webhook(mark, "ftp://host/x", wanted))


def called(entity, action):
    """The data of the next call, whose signature and words are checked."""
    headers, body = calls.get(timeout=10)
    signed = f"{headers['X-MLflow-Delivery-Id']}.{headers['X-MLflow-Timestamp']}.{body}".encode()
    signature = base64.b64encode(hmac.new(b"s3cret", signed, hashlib.sha256).digest()).decode()
    assert headers["X-MLflow-Signature"] == f"v1,{signature}", headers
    found = json.loads(body)
    assert (found["entity"], found["action"]) == (entity, action), found
    return found["data"]


result = client.test_webhook(hook.webhook_id)
assert (result.success, result.response_status, result.response_body) == (True, 200, "taken"), result
calls.get(timeout=10)
client.create_registered_model(mark, tags={"a": "b"}, description="d")
assert called("registered_model", "created") == {"name": mark, "tags": {"a": "b"}, "description": "d"}
client.create_model_version(mark, "s3://bucket/model")
client.set_model_version_tag(mark, "1", "k", "v")
assert called("model_version_tag", "set") == {"name": mark, "version": "1", "key": "k", "value": "v"}
client.set_registered_model_alias(mark, "champion", "1")
assert called("model_version_alias", "created") == {"name": mark, "alias": "champion", "version": "1"}
client.register_prompt(f"{mark}-prompt", "Hello")
assert called("prompt", "created")["name"] == f"{mark}-prompt"

changed = client.update_webhook(hook.webhook_id, status=WebhookStatus.DISABLED, description="still")
assert (changed.status, changed.description, changed.name, len(changed.events)) == (WebhookStatus.DISABLED, "still", mark, 4)
client.create_registered_model(f"{mark}-quiet")
assert calls.empty()
unreached = client.update_webhook(hook.webhook_id, url="http://127.0.0.1:9/x")
result = client.test_webhook(unreached.webhook_id)
assert not result.success and result.error_message, result
client.delete_webhook(hook.webhook_id)
refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_webhook(hook.webhook_id))
print("webhooks: fine")
