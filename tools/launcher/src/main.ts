import { Console } from './console';
import { launcherEnvironment } from './environment';
import { LogWatch } from './log-watch';
import { HELP, parseCommandLine } from './options';
import { Home } from './state';
import { RunningSystem } from './system';

/** How long a start that was interrupted may take to stop what runs already. */
const EXIT_INTERRUPTED = 130;

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

  let interrupted = false;
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    if (interrupted) {
      system.killAll();
      process.exit(EXIT_INTERRUPTED);
    }
    interrupted = true;
    watch.stop();
    terminal.line(`\n${signal}: stopping (once more to kill)`);
    await system.stop();
    terminal.line('Stopped. The data stays in ' + home.path);
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(signal));

  try {
    await system.start();
  } catch (error) {
    if (interrupted) return;
    throw error;
  }
  watch.start();
  terminal.line();
  terminal.line(`  Perennial is ready: ${system.baseUrl}`);
  if (system.provider.kind !== 'none') terminal.line(`  Model: ${system.provider.label}`);
  terminal.line(`  Processes: ${home.file('run.json')}   Logs: ${home.logs}`);
  terminal.line('  Ctrl-C stops everything; the data stays.');
}

main().catch((error: unknown) => {
  process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
  // What was started is stopped by now; nothing is waited for.
  process.exit();
});
