#!/usr/bin/env bash
# The newest azure-storage-blob, unmodified, one script three times: against Azurite, against this server by an account's own host name through
# `millrace env`, and against its loopback address.
. "$(dirname "$0")/../lib.sh"
start_server
azurite=
trap '[ -z "$azurite" ] || kill "$azurite" 2>/dev/null || true; stop_server' EXIT
blobs() { "$clients/storage/bin/python" "$conformance/azure-storage-blob/blobs.py"; }
free_port() { "$node" -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'; }

# Azurite takes tokens over https alone, and believes any that says the right things.
port=$(free_port)
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 \
  -keyout "$scratch/azurite.key" -out "$scratch/azurite.pem" 2>/dev/null
(cd "$scratch" && exec "$node" "$clients/azurite/node_modules/azurite/dist/src/blob/main.js" --silent --inMemoryPersistence \
  --skipApiVersionCheck --disableTelemetry --oauth basic --cert azurite.pem --key azurite.key --blobPort "$port") >"$scratch/azurite.log" 2>&1 &
azurite=$!
for _ in $(seq 100); do
  grep -q 'successfully listens' "$scratch/azurite.log" && break
  sleep 0.2
done
unsigned_token() {
  "$node" -e 'const part = (data) => Buffer.from(JSON.stringify(data)).toString("base64url"), now = Math.floor(Date.now() / 1000);
    console.log([part({ alg: "RS256", typ: "JWT" }), part({ aud: "https://storage.azure.com", iss: "https://sts.windows.net/ab1f708d-50f6-404c-a006-d71b2ac7a606/",
      nbf: now - 60, iat: now - 60, exp: now + 7200, oid: "23657296-5cd5-45b0-a809-d972a7f4dfe1", tid: "dd0d0df1-06c3-436c-8034-4b9a153097ce" }), "c2ln"].join("."))'
}
against_azurite() {
  # The account and key that Azurite's documentation names.
  BLOB_ENDPOINT=https://127.0.0.1:$port/devstoreaccount1 BLOB_ACCOUNT=devstoreaccount1 BLOB_TOKEN=$(unsigned_token) \
    BLOB_KEY=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw== \
    REQUESTS_CA_BUNDLE=$scratch/azurite.pem SSL_CERT_FILE=$scratch/azurite.pem blobs
}
check 'azure-storage-blob against Azurite' against_azurite
kill "$azurite" 2>/dev/null || true
azurite=

eval "$("$millrace" env)"
az=("$millrace" az)
"${az[@]}" login --service-principal -u "$AZURE_CLIENT_ID" -p "$AZURE_CLIENT_SECRET" --tenant "$AZURE_TENANT_ID" >/dev/null
"${az[@]}" group create -n conformance-rg -l eastus >/dev/null
"${az[@]}" ml workspace create -g conformance-rg -n conformance-ws >/dev/null
keys=$("${az[@]}" rest --method post --url "https://management.azure.com/subscriptions/$AZURE_SUBSCRIPTION_ID/resourceGroups/conformance-rg/providers/Microsoft.MachineLearningServices/workspaces/conformance-ws/listKeys?api-version=2024-04-01")
field() { "$node" -e 'console.log(JSON.parse(process.argv[1])[process.argv[2]])' "$keys" "$1"; }
BLOB_KEY=$(field userStorageKey)
BLOB_ACCOUNT=$(basename "$(field userStorageResourceId)")
BLOB_TOKEN=$("${az[@]}" account get-access-token --resource https://storage.azure.com/ --query accessToken -o tsv)
export BLOB_KEY BLOB_ACCOUNT BLOB_TOKEN
by_host_name() { BLOB_ENDPOINT=https://$BLOB_ACCOUNT.blob.core.windows.net blobs; }
check "azure-storage-blob by the account's own host name" by_host_name
on_loopback() { BLOB_ENDPOINT=$("$millrace" status --json | "$node" -e 'console.log(JSON.parse(require("fs").readFileSync(0, "utf8")).url)')/_blobs/$BLOB_ACCOUNT blobs; }
check 'azure-storage-blob on the loopback address' on_loopback
trap - EXIT
finish
