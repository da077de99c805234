/**
 * The shell that owns one process of a launch. It is the leader of its own session, so it survives the server; it writes who
 * it is before it starts the process and the exit status after. Arguments: folder, index, log file, then the command.
 *
 * - `set -C` makes the first line an exclusive creation: of two shells for the same handle the second leaves at once.
 * - Everything in it is a builtin on Linux: a launch costs one spawn by the server and one fork here.
 * - It stays when it is asked to end, so that it can say how the process ended; but only once the process is there. With the trap set
 *   before, a signal to the group could be taken by the shell alone, or by the copy of it that is about to become the process, and lost.
 * - The exit status counts once its line is complete. Then the whole process group goes, this shell included: what a job
 *   leaves in the background does not outlive it.
 */
export const OWNER_SHELL = `
folder=$1; index=$2; log=$3; shift 3
boot=-; stat=-
if [ -r /proc/self/stat ]; then
  read -r boot </proc/sys/kernel/random/boot_id
  read -r stat </proc/$$/stat
else
  stat=$(ps -o lstart= -p $$)
fi
set -C
printf '%s\\n' "$$ $boot $stat" >"$folder/$index.pid" || exit 0
set +C
"$@" >>"$log" 2>&1 </dev/null &
process=$!
trap : TERM INT HUP
while :; do
  wait $process
  code=$?
  kill -0 $process 2>/dev/null || break
done
echo $code >"$folder/$index.exit"
kill -KILL 0
`;
