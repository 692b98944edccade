import { Console } from './console';
import { launcherEnvironment } from './environment';
import { LogWatch } from './log-watch';
import { HELP, parseCommandLine } from './options';
import { watchParents } from './parents';
import { Home } from './state';
import { RunningSystem } from './system';

/** The exit code after a second Ctrl-C. */
const EXIT_INTERRUPTED = 130;

/** npm passes on signals that the terminal has sent already, so one Ctrl-C may arrive twice. */
const SAME_KEY_MS = 1_000;

/** `npm start`: everything on this machine, until Ctrl-C. */
async function main(): Promise<void> {
  const terminal = new Console();
  const command = parseCommandLine(process.argv.slice(2));
  if (command.help) return terminal.line(HELP);
  const env = launcherEnvironment(process.env);
  const home = new Home(env.home);
  const system = new RunningSystem(home, {
    scale: command.scale,
    host: env.host,
    port: command.port ?? env.port,
    provider: command.simulator ? 'simulator' : 'auto',
    onEvent: (event) => terminal.event(event),
  });
  const watch = new LogWatch(home.logs, (name, message) => terminal.line(`  ! ${name}: ${message}`));

  // A closed terminal must not end the launcher before it has stopped everything.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

  let interrupted: number | undefined;
  const stop = async (why: string): Promise<void> => {
    if (interrupted !== undefined) {
      if (performance.now() - interrupted < SAME_KEY_MS) return;
      system.killAll();
      process.exit(EXIT_INTERRUPTED);
    }
    interrupted = performance.now();
    watch.stop();
    terminal.line(`\n${why}: stopping (once more to kill)`);
    await system.stop();
    terminal.line('Stopped. The data stays in ' + home.path);
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(signal));
  if (env.underNpm) watchParents(() => interrupted === undefined && void stop('npm is gone'));

  try {
    await system.start();
  } catch (error) {
    if (interrupted !== undefined) return;
    throw error;
  }
  watch.start();
  terminal.line();
  terminal.line(`  Perennial is ready: ${system.baseUrl}`);
  if (system.provider.kind !== 'none') terminal.line(`  Model: ${system.provider.label}`);
  if (system.embedder !== '') terminal.line(`  Documents: ${system.embedder}`);
  terminal.line(`  Processes: ${home.file('run.json')}   Logs: ${home.logs}`);
  terminal.line('  Ctrl-C stops everything; the data stays.');
}

main().catch((error: unknown) => {
  process.stderr.write(`\n${withCauses(error)}\n`);
  process.exitCode = 1;
  // Everything is stopped by now.
  process.exit();
});

/** The error, followed by its causes. */
function withCauses(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}\n${withCauses(error.cause)}`;
}
