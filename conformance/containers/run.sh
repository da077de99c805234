#!/usr/bin/env bash
# Jobs in real containers, by the machine's podman: of an image alone, of a Dockerfile, canceled, and while the server is killed. The image is made here
# of two programs of Debian's, so that no registry is asked. Skips where no container can run.
. "$(dirname "$0")/../lib.sh"
store=$(mktemp -d)
export MILLRACE_CONTAINERS=podman CONTAINERS_STORAGE_CONF=$store/storage.conf
image=localhost/millrace-conformance:1

clean() {
  podman rmi --force --all >/dev/null 2>&1 || true
  rm -rf "$store"
}
for program in podman /bin/bash-static /bin/busybox; do
  command -v "$program" >/dev/null || { skip "containers: there is no $program (Debian: podman, runc, bash-static, busybox-static)"; clean; exit 0; }
done
printf '[storage]\ndriver = "vfs"\ngraphroot = "%s/graph"\nrunroot = "%s/run"\n' "$store" "$store" >"$store/storage.conf"
mkdir -p "$store/root/bin" "$store/root/tmp" "$store/root/etc"
for applet in $(busybox --list); do ln -s busybox "$store/root/bin/$applet"; done
cp --remove-destination /bin/busybox "$store/root/bin/busybox"
cp --remove-destination /bin/bash-static "$store/root/bin/bash"
echo 'in the image' >"$store/root/etc/witness"
tar -C "$store/root" -c . | podman import - "$image" >/dev/null 2>&1

# A machine without cgroups of the second version needs runc, one without the right to raise limits fixed ones.
can_run() { podman run --rm --network host "$image" true; }
if ! why=$(can_run 2>&1); then
  export CONTAINERS_CONF=$store/containers.conf
  printf '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]\n[engine]\nruntime = "runc"\n' >"$CONTAINERS_CONF"
  why=$(can_run 2>&1) || { skip "containers: none can run here: $why"; clean; exit 0; }
fi

start_server
trap 'stop_server; clean' EXIT
disown -a
az() { "$millrace" az "$@"; }
eval "$("$millrace" env)"
az login --identity >/dev/null
az group create -n c-rg -l eastus >/dev/null
az ml workspace create -g c-rg -n c-ws >/dev/null
az configure --defaults group=c-rg workspace=c-ws
az ml compute create -n cpu-cluster --type amlcompute --max-instances 2 >/dev/null

cd "$scratch"
mkdir code context
echo 'what the input holds' >input.txt
printf 'cat /etc/witness "$1"\nmkdir -p "$2"\necho made >"$2/made.txt"\n' >code/work.sh
printf 'FROM %s\nRUN echo of the Dockerfile >/etc/built\n' "$image" >context/Dockerfile
# job FILE ENVIRONMENT COMMAND [MORE]
job() { printf 'type: command\ncommand: >-\n  %s\nenvironment: %s\ncompute: azureml:cpu-cluster\n%s\n' "$3" "$2" "${4:-}" >"$1"; }
submit() { az ml job create -f "$1" --query name -o tsv; }
status_of() { az ml job show -n "$1" --query status -o tsv; }
log_of() { rm -rf down; az ml job download -n "$1" --all -p down >/dev/null; cat down/artifacts/user_logs/std_log.txt; }
# ended NAME STATUS: waits for the end of a job, and compares.
ended() {
  az ml job stream -n "$1" >/dev/null 2>&1 || true
  [ "$(status_of "$1")" = "$2" ] || { echo "the job is $(status_of "$1")"; log_of "$1"; return 1; }
}
contains() { grep -qF -- "$2" <<<"$1" || { printf "no '%s' in:\n%s\n" "$2" "$1"; return 1; }; }
containers_left() { podman ps -a --format '{{.Names}}'; }

image_alone() {
  job image.yml "{ image: $image }" 'bash work.sh ${{inputs.data}} ${{outputs.out}}; df -m /dev/shm' \
    $'code: code\ninputs: { data: { type: uri_file, path: input.txt } }\noutputs: { out: { type: uri_folder } }\nresources: { shm_size: 96m }'
  local name log
  name=$(submit image.yml)
  ended "$name" Completed || return 1
  log=$(log_of "$name")
  contains "$log" 'in the image' && contains "$log" 'what the input holds' && contains "$log" ' 96 ' || return 1
  rm -rf out && az ml job download -n "$name" --output-name out -p out >/dev/null && grep -rq made out
}
dockerfile() {
  job file.yml '{ build: { path: context } }' 'cat /etc/witness /etc/built'
  local name again
  name=$(submit file.yml)
  ended "$name" Completed || return 1
  contains "$(log_of "$name")" 'of the Dockerfile' || return 1
  again=$(submit file.yml)
  ended "$again" Completed || return 1
  if grep -q 'building the image' <<<"$(log_of "$again")"; then echo 'the image was built twice' && return 1; fi
}
bad_dockerfile() {
  mkdir -p bad && printf 'FROM %s\nRUN exit 7\n' "$image" >bad/Dockerfile
  job bad.yml '{ build: { path: bad } }' 'true'
  local name
  name=$(submit bad.yml)
  az ml job stream -n "$name" >said 2>&1 && { echo 'the job did not fail' && return 1; }
  contains "$(cat said)" 'could not be built'
}
exit_code() {
  job code.yml "{ image: $image }" 'exit 3'
  local name
  name=$(submit code.yml)
  az ml job stream -n "$name" >said 2>&1 && { echo 'the job did not fail' && return 1; }
  contains "$(cat said)" 'exited with code 3'
}
counting() { job count.yml "{ image: $image }" "for i in \$(seq $1); do echo tick \$i; sleep 1; done"; submit count.yml; }
begun() {
  for _ in $(seq 100); do
    [ -n "$(containers_left)" ] && return
    sleep 0.1
  done
  echo 'no container was begun' && return 1
}
canceled() {
  local name
  name=$(counting 60)
  begun || return 1
  az ml job cancel -n "$name" >/dev/null
  ended "$name" Canceled || return 1
  [ -z "$(containers_left)" ] || { echo "left: $(containers_left)" && return 1; }
}
server_killed() {
  local name log
  name=$(counting 6)
  begun || return 1
  kill -9 "$(sed -n 's/.*"pid": *\([0-9]*\).*/\1/p' "$MILLRACE_HOME/server.json")"
  [ -n "$(containers_left)" ] || { echo 'the container ended with the server' && return 1; }
  "$millrace" up >>"$scratch/up.log" 2>&1 &
  disown
  for _ in $(seq 100); do
    "$millrace" status >/dev/null 2>&1 && break
    sleep 0.2
  done
  ended "$name" Completed || return 1
  log=$(log_of "$name")
  [ "$(grep -c '^tick' <<<"$log")" = 6 ] || { echo "$log" && return 1; }
  [ -z "$(containers_left)" ] || { echo "left: $(containers_left)" && return 1; }
}

check 'a job of an image alone: its files, its input, its output, its shared memory' image_alone
check 'a job of a Dockerfile, whose image is built once' dockerfile
check 'a Dockerfile whose step fails' bad_dockerfile
check 'the exit code of a command in a container' exit_code
check 'a canceled job leaves no container' canceled
check 'a container goes on while the server is killed, and runs once' server_killed
trap clean EXIT
finish
