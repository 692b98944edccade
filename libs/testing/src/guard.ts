import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Stops the registered processes when the pipe to its parent closes, however the parent ended (a `kill -9` runs no handler). It is a shell
 * and not a Node process because each test worker and the launcher has one: 1 MB instead of 40.
 * Lines on stdin: `add PID SIGNAL STAGE`, `del PID`, `rm PATH`. Stage 1 (services) is stopped before stage 0 (stores).
 */
const SCRIPT = `
trap '' HUP INT TERM QUIT
list='' trash=''
while read -r op rest; do
  case $op in
    add) set -- $rest; list="$list $1:$2:$3" ;;
    del) new=''; for e in $list; do case $e in "$rest":*) ;; *) new="$new $e" ;; esac; done; list=$new ;;
    rm) trash="$trash$rest
" ;;
  esac
done
alive() {
  kill -0 "$1" 2>/dev/null || return 1
  if [ -r "/proc/$1/stat" ]; then
    read -r s_pid s_name s_state s_rest < "/proc/$1/stat" 2>/dev/null || return 1
    [ "$s_state" != Z ] || return 1
  fi
  return 0
}
for stage in 1 0; do
  pids=''
  for e in $list; do
    case $e in *:$stage) ;; *) continue ;; esac
    pid=\${e%%:*}; sig=\${e#*:}; sig=\${sig%%:*}
    kill -s "$sig" "$pid" 2>/dev/null && pids="$pids $pid"
    kill -s CONT "$pid" 2>/dev/null
  done
  n=0
  while [ $n -lt 120 ]; do
    left=''
    for pid in $pids; do alive "$pid" && left="$left $pid"; done
    pids=$left
    [ -n "$pids" ] || break
    n=$((n + 1)); sleep 0.1
  done
  for pid in $pids; do kill -s KILL "$pid" 2>/dev/null; done
done
printf '%s' "$trash" | while IFS= read -r path; do case $path in /*/*) rm -rf -- "$path" ;; esac; done
`;

/** When the parent has ended, services are stopped before the stores that they use. */
export type GuardStage = 'service' | 'store';

let guard: ChildProcess | undefined;
const guarded = new Map<number, string>();
const temporary = new Set<string>();

function send(line: string): void {
  if (!guard || guard.exitCode !== null || guard.signalCode !== null) startGuard();
  else guard.stdin?.write(line);
}

function startGuard(): void {
  guard = spawn('/bin/sh', ['-c', SCRIPT, 'perennial-guard'], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // Its own session: Ctrl-C in the terminal must not reach it.
    detached: true,
    cwd: '/',
  });
  guard.unref();
  const stdin = guard.stdin;
  if (!stdin) throw new Error('the guard process has no stdin');
  stdin.on('error', () => undefined);
  (stdin as unknown as { unref?: () => void }).unref?.();
  stdin.write([...guarded.values(), ...[...temporary].map((path) => `rm ${path}\n`)].join(''));
}

/** Registers `pid`: the guard sends it `signal` if this process ends without stopping it. */
export function guardProcess(pid: number, signal: NodeJS.Signals, stage: GuardStage): void {
  const line = `add ${pid} ${signal.replace(/^SIG/, '')} ${stage === 'service' ? 1 : 0}\n`;
  guarded.set(pid, line);
  send(line);
}

/** Unregisters a process that has ended. Its pid may be given to another process. */
export function releaseProcess(pid: number): void {
  if (guarded.delete(pid)) send(`del ${pid}\n`);
}

/** Registers a temporary directory: the guard removes it when this process ends, however it ends. */
export function guardDirectory(path: string): void {
  if (path.includes('\n')) throw new Error('a temporary directory with a line break in its name');
  temporary.add(path);
  send(`rm ${path}\n`);
}
