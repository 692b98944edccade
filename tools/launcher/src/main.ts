import { Console } from './console';
import { launcherEnvironment } from './environment';
import { Foreground, runMain } from './foreground';
import { LogWatch } from './log-watch';
import { HELP, parseCommandLine } from './options';
import { Home } from './state';
import { RunningSystem } from './system';

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
  const foreground = new Foreground({
    terminal,
    stop: () => {
      watch.stop();
      return system.stop();
    },
    killAll: () => system.killAll(),
    farewell: `Stopped. The data stays in ${home.path}`,
    underNpm: env.underNpm,
  });
  try {
    await system.start();
  } catch (error) {
    if (foreground.ending) return;
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

runMain(main);
