import { type ChildProcess, spawn } from 'node:child_process';

/**
 * A small shell that outlives the agent by design: it reads the lookup ids of jobs from a pipe, and when the pipe closes, however
 * the agent died, it kills every process that bears the last id in its environment. An empty line means that no job runs.
 * The id comes by the pipe and not as an argument, so that the shell never finds itself.
 */
const script = `trap '' INT TERM HUP QUIT
id=
while read -r line; do id=$line; done
[ -n "$id" ] || exit 0
round=0
while [ $round -lt 25 ]; do
  if [ -r /proc/self/environ ]; then
    pids=$(grep -ls "VSTS_PROCESS_LOOKUP_ID=$id" /proc/[0-9]*/environ 2>/dev/null | sed 's|/proc/||; s|/environ||')
  else
    pids=$(ps -Eaxww -o pid= -o command= | while read -r pid rest; do case $rest in *"VSTS_PROCESS_LOOKUP_ID=$id"*) echo "$pid";; esac; done)
  fi
  [ -n "$pids" ] || exit 0
  kill -9 $pids 2>/dev/null
  round=$((round + 1))
done
`;

export type Watchdog = {
  /** From now on the processes with this id die with the agent. */
  guard(lookupId: string): void;
  /** The job is over: nothing to guard. */
  release(): void;
  /** Lets the shell end. */
  close(): void;
};

/** Starts the watchdog in a session of its own, so that no signal to the agent's group reaches it. */
export function startWatchdog(): Watchdog {
  const child: ChildProcess = spawn('/bin/sh', ['-c', script], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { PATH: '/usr/bin:/bin' },
    cwd: '/',
  });
  // Without a shell the job itself will fail, and say so; the guard alone is no reason to stop.
  child.on('error', () => {});
  child.stdin?.on('error', () => {});
  child.unref();
  (child.stdin as unknown as { unref?(): void } | null)?.unref?.();
  return {
    guard: (lookupId) => void child.stdin?.write(`${lookupId}\n`),
    release: () => void child.stdin?.write('\n'),
    close: () => void child.stdin?.end('\n'),
  };
}
