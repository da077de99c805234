#!/usr/bin/env bash
# Jobs in real containers, by podman and by docker, whichever are here: of an image alone, of a Dockerfile, with docker_args, canceled, and while the
# server is killed. The image is made here of two programs of Debian's, so that no registry is asked. Skips an engine that can run no container.
# Each engine keeps its images in a folder of this run; docker gets a daemon of its own, which takes root.
. "$(dirname "$0")/../lib.sh"
store=$(mktemp -d)
export CONTAINERS_STORAGE_CONF=$store/storage.conf DOCKER_HOST=unix://$store/docker.sock
image=localhost/millrace-conformance:1
daemon=

clean() {
  podman rmi --force --all >/dev/null 2>&1 || true
  if [ -n "$daemon" ]; then kill "$daemon" && wait "$daemon" || true; fi 2>/dev/null
  for name in "$store"/docker-run/netns/*; do if [ -e "$name" ]; then umount "$name"; fi; done 2>/dev/null
  rm -rf "$store"
}
trap clean EXIT
for program in /bin/bash-static /bin/busybox; do
  command -v "$program" >/dev/null || { skip "containers: there is no $program (Debian: podman, docker.io, runc, bash-static, busybox-static)"; exit 0; }
done
mkdir -p "$store/root/bin" "$store/root/tmp" "$store/root/etc"
for applet in $(busybox --list); do ln -s busybox "$store/root/bin/$applet"; done
cp --remove-destination /bin/busybox "$store/root/bin/busybox"
cp --remove-destination /bin/bash-static "$store/root/bin/bash"
echo 'in the image' >"$store/root/etc/witness"

# can_run: whether the engine runs a container; else why not is in $why.
can_run() { why=$("$engine" run --rm --network host "$image" true 2>&1); }
prepare_podman() {
  command -v podman >/dev/null || { why='there is no podman' && return 1; }
  printf '[storage]\ndriver = "vfs"\ngraphroot = "%s/graph"\nrunroot = "%s/run"\n' "$store" "$store" >"$store/storage.conf"
  tar -C "$store/root" -c . | podman import - "$image" >/dev/null 2>&1
  can_run && return
  # A machine without cgroups of the second version needs runc, one without the right to raise limits fixed ones.
  export CONTAINERS_CONF=$store/containers.conf
  printf '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]\n[engine]\nruntime = "runc"\n' >"$CONTAINERS_CONF"
  can_run
}
prepare_docker() {
  command -v docker >/dev/null && command -v dockerd >/dev/null || { why='there is no docker with its daemon' && return 1; }
  [ "$(id -u)" = 0 ] || { why='a daemon of its own takes root' && return 1; }
  # A network of its own would take the right to write the machine's packet filter.
  dockerd --host "$DOCKER_HOST" --data-root "$store/docker" --exec-root "$store/docker-run" --pidfile "$store/docker.pid" \
    --storage-driver vfs --iptables=false --ip6tables=false --bridge=none >"$store/docker.log" 2>&1 &
  daemon=$!
  for _ in $(seq 150); do
    docker info >/dev/null 2>&1 && break
    sleep 0.2
  done
  tar -C "$store/root" -c . | docker import - "$image" >/dev/null 2>"$store/import.log" ||
    { why=$(tail -n 3 "$store/docker.log" "$store/import.log") && return 1; }
  can_run
}

az() { "$millrace" az "$@"; }
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
containers_left() { "$engine" ps -a --format '{{.Names}}'; }

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
of_git() {
  local name
  rm -rf repository && mkdir -p repository/docker && printf 'FROM %s\nCOPY said /etc/said\n' "$image" >repository/docker/Dockerfile
  echo 'of the repository' >repository/docker/said
  (cd repository && git init -q -b main && git add -A && git -c user.name=a -c user.email=a@b commit -qm one)
  # Any free port: the daemon says nothing of one that it chose.
  git daemon --export-all --base-path="$scratch" --listen=127.0.0.1 --port=$((20000 + $$ % 20000)) "$scratch/repository" >git.log 2>&1 &
  local server=$!
  printf 'name: from-git\nversion: %s\nbuild: { path: "git://127.0.0.1:%s/repository#main:docker" }\n' 1 $((20000 + $$ % 20000)) >git.yml
  az ml environment create -f git.yml >/dev/null
  job git-job.yml azureml:from-git:1 'cat /etc/said'
  name=$(submit git-job.yml)
  ended "$name" Completed && contains "$(log_of "$name")" 'of the repository'
  local status=$?
  kill "$server"
  return $status
}
bad_dockerfile() {
  mkdir -p bad && printf 'FROM %s\nRUN exit 7\n' "$image" >bad/Dockerfile
  job bad.yml '{ build: { path: bad } }' 'true'
  local name
  name=$(submit bad.yml)
  az ml job stream -n "$name" >said 2>&1 && { echo 'the job did not fail' && return 1; }
  contains "$(cat said)" 'could not be built'
}
own_user() {
  mkdir -p user && printf 'FROM %s\nUSER 1234:1234\n' "$image" >user/Dockerfile
  job user.yml '{ build: { path: user } }' 'echo mine >${{outputs.out}}/mine.txt; echo "user $(id -u)"' 'outputs: { out: { type: uri_folder } }'
  local name
  name=$(submit user.yml)
  ended "$name" Completed || return 1
  contains "$(log_of "$name")" "user $(id -u)" || return 1
  [ "$(find "$MILLRACE_HOME" -name mine.txt -user "$(id -u)" | wc -l)" = 1 ]
}
variables() {
  job variables.yml "{ image: $image }" 'echo "$TEXT"; echo "path $PYTHONPATH"; echo "tool $TOOL"; wc -c <"$TOOL"' \
    $'environment_variables: { TEXT: "first\\nsecond = \\"2\\"", PYTHONPATH: ./src, TOOL: /bin/bash, DOCKER_HOST: tcp://nowhere }'
  local name log
  name=$(submit variables.yml)
  ended "$name" Completed || return 1
  log=$(log_of "$name")
  contains "$log" $'first\nsecond = "2"' && contains "$log" 'path ./src' && contains "$log" "$(wc -c <"$store/root/bin/bash")"
}
docker_args() {
  local name log
  job args.yml "{ image: $image }" 'df -m /scratch /dev/shm; cat /etc/hosts; echo "set $OF_ARGS"' \
    $'resources:\n  shm_size: 96m\n  docker_args: --tmpfs /scratch:size=24m --shm-size=48m --add-host elsewhere:10.1.2.3 -e "OF_ARGS=a b"'
  name=$(submit args.yml)
  ended "$name" Completed || return 1
  log=$(log_of "$name")
  contains "$log" ' 24 ' && contains "$log" ' 48 ' && contains "$log" '10.1.2.3' && contains "$log" 'set a b' || return 1
  job out.yml "{ image: $image }" 'ls /machine' $'resources: { docker_args: ["--volume=/:/machine"] }'
  name=$(submit out.yml)
  ended "$name" Failed || return 1
  contains "$(az ml job stream -n "$name" 2>&1)" 'MILLRACE_DOCKER_ARGS=any'
}
layers_left() { if [ "$engine" = podman ]; then podman ps -a --external --format '{{.Names}}'; else docker ps -aq; fi; }
canceled_build() {
  mkdir -p slow && printf 'FROM %s\nRUN echo begun; sleep 67.89\n' "$image" >slow/Dockerfile
  job slow.yml '{ build: { path: slow } }' 'true'
  local name
  name=$(submit slow.yml)
  for _ in $(seq 200); do
    pgrep -f 'sleep 67.89' >/dev/null && break
    sleep 0.1
  done
  az ml job cancel -n "$name" >/dev/null
  ended "$name" Canceled || return 1
  for _ in $(seq 100); do
    if ! pgrep -f 'sleep 67.89' >/dev/null && [ -z "$(layers_left)" ]; then return 0; fi
    sleep 0.1
  done
  echo "the build goes on, or left: $(layers_left)" && pgrep -af 'sleep 67.89'
  return 1
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

# try ENGINE: all of the checks on a server that runs its containers by it.
try() {
  local engine=$1 why=''
  if ! "prepare_$engine"; then
    skip "containers by $engine: $why"
    return 0
  fi
  export MILLRACE_CONTAINERS=$engine
  start_server
  trap 'stop_server; clean' EXIT
  disown -a
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
  check "$engine: a job of an image alone: its files, its input, its output, its shared memory" image_alone
  check "$engine: a job of a Dockerfile, whose image is built once" dockerfile
  check "$engine: a build context in a git repository" of_git
  check "$engine: a Dockerfile whose step fails" bad_dockerfile
  check "$engine: an image with a user of its own: what its job writes is the server's" own_user
  check "$engine: variables of a job, with more than a line, and where things are in the image" variables
  check "$engine: docker_args shape the container, and do not reach out of it" docker_args
  check "$engine: the exit code of a command in a container" exit_code
  check "$engine: a canceled job leaves no container" canceled
  check "$engine: a build is canceled with its job" canceled_build
  check "$engine: a container goes on while the server is killed, and runs once" server_killed
  cd "$conformance"
  stop_server
  trap clean EXIT
}
try podman
try docker
finish
