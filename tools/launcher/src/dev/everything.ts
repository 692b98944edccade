import { type ManagedProcess, portIsFree } from '@perennial/local-runtime/servers';
import type { Console } from '../console';
import { launcherEnvironment } from '../environment';
import { Foreground } from '../foreground';
import { LogWatch } from '../log-watch';
import { INSPECT_PORTS, ROOT, SERVICES } from '../paths';
import { Home } from '../state';
import { RunningSystem } from '../system';
import type { DevCommandLine } from './options';
import { Restarts } from './restarts';
import { SourceWatch } from './source-watch';
import { startWebServer } from './web-server';

/** `npm run dev`: all services from their sources, each started anew when its code changes, and the page with hot reload. */
export async function runEverything(command: DevCommandLine, terminal: Console, root = ROOT): Promise<void> {
  const env = launcherEnvironment(process.env);
  const home = new Home(env.home);
  const port = command.port ?? env.port;
  if (!(await portIsFree(port, env.host))) {
    throw new Error(
      `port ${port} is in use by another program: stop it, or choose another (npm run dev -- --port ${port + 1})`,
    );
  }
  const system = new RunningSystem(home, {
    ...{ root, scale: command.scale, code: 'watched', env: { NODE_ENV: 'development' } },
    // The page has the known port; it passes on what is not its own.
    port: await home.port('gateway-1'),
    provider: command.simulator ? 'simulator' : 'auto',
    onEvent: (event) => terminal.event(event),
  });
  const restarts = new Map(
    SERVICES.map((service) => [
      service,
      new Restarts({ service, restart: () => system.restart(service), terminal, ending: () => foreground.ending }),
    ]),
  );
  const sources = new SourceWatch(root, {
    changed: (service, file, at) => restarts.get(service)?.changed(file, at),
    failed: (service, error) =>
      terminal.line(`  ! ${service} cannot be built, the last build goes on: ${error.message}`),
    repaired: (service) => terminal.line(`  ✓ ${service} can be built again, and is unchanged`),
  });
  const watch = new LogWatch(home.logs, (name, message) => terminal.line(`  ! ${name}: ${message}`));
  let web: ManagedProcess | undefined;
  const foreground = new Foreground({
    terminal,
    stop: async () => {
      watch.stop();
      await Promise.all([sources.close(), web?.stop()]);
      await system.stop();
    },
    killAll: () => {
      web?.signal('SIGKILL');
      system.killAll();
    },
    farewell: `Stopped. The data stays in ${home.path}`,
    underNpm: env.underNpm,
  });

  try {
    const began = performance.now();
    // One after the other: each build takes all cores.
    for (const service of SERVICES) if (command.scale[service] > 0) await sources.start(service);
    terminal.done('Build', performance.now() - began);
    await system.start();
    web = await startWebServer({ root, home, host: env.host, port, gatewayUrl: system.baseUrl });
  } catch (error) {
    if (foreground.ending) return;
    await Promise.all([sources.close(), system.stop()]);
    throw error;
  }
  watch.start();
  terminal.line();
  terminal.line(`  Perennial is ready: ${web === undefined ? system.baseUrl : `http://${env.host}:${port}`}`);
  terminal.line(`  Gateway: ${system.baseUrl}   Model: ${system.provider.label}`);
  terminal.line(`  Debuggers: ${SERVICES.map((service) => `${service} ${INSPECT_PORTS[service]}`).join(', ')}`);
  terminal.line(`  Logs: ${home.logs}`);
  terminal.line('  A saved file starts its services anew. Ctrl-C stops everything; the data stays.');
}
