import { portIsFree } from '@perennial/local-runtime/servers';
import type { Console } from '../console';
import { launcherEnvironment } from '../environment';
import { Foreground } from '../foreground';
import { isReady, untilReady } from '../health';
import { prepareInstance } from '../instance';
import { INSPECT_PORTS, ROOT, type ServiceName } from '../paths';
import { Home } from '../state';
import { Restarts } from './restarts';
import { SourceWatch } from './source-watch';

/** How often it looks whether the others still run. */
const LOOK_EACH_MS = 500;

/** `npm run dev -- chat`: one service from its sources, as one more process beside the running ones. */
export async function runOneService(service: ServiceName, terminal: Console, root = ROOT): Promise<void> {
  const env = launcherEnvironment(process.env);
  const home = new Home(env.home);
  const shared = await home.shared();
  if (shared === undefined) {
    throw new Error(
      `nothing runs on ${home.path} that ${service} could join: run npm start in another terminal first ` +
        `(npm start -- --scale ${service}=0 leaves all of its work to this one), or npm run dev for everything`,
    );
  }
  if (!(await portIsFree(INSPECT_PORTS[service], '127.0.0.1'))) {
    throw new Error(
      `${service} runs from its sources already (its debugger's port ${INSPECT_PORTS[service]} is in use), and one build serves one process: ` +
        `start the others with npm run dev -- --scale ${service}=0, or with npm start`,
    );
  }
  const name = `${service}-dev`;
  const instance = await prepareInstance({
    ...{ service, instance: 0, name, root, home, code: 'watched', host: '127.0.0.1', behindBalancer: false },
    port: await home.port(name),
    shared: { ...shared, NODE_ENV: 'development' },
    supervise: true,
    events: {
      onChange: () => undefined,
      onDeath: (_, exit, restartInMs) => terminal.event({ kind: 'died', name, exit, restartInMs }),
    },
  });
  const { process: running, supervisor, healthPort } = instance;
  const ready = (): Promise<void> => untilReady(running, () => isReady(healthPort));
  const restarts = new Restarts({
    ...{ service, terminal, ending: () => foreground.ending },
    restart: async () => {
      await supervisor.without(() => running.restart());
      await ready();
    },
  });
  const sources = new SourceWatch(root, {
    changed: (_, file, at) => restarts.changed(file, at),
    failed: (_, error) => terminal.line(`  ! ${service} cannot be built, the last build goes on: ${error.message}`),
    repaired: () => terminal.line(`  ✓ ${service} can be built again, and is unchanged`),
  });
  const foreground = new Foreground({
    terminal,
    stop: async () => {
      supervisor.release();
      await Promise.all([sources.close(), running.stop()]);
    },
    killAll: () => running.signal('SIGKILL'),
    farewell: 'Stopped. The others go on.',
    underNpm: env.underNpm,
  });
  try {
    await sources.start(service);
    await supervisor.start();
    await ready();
  } catch (error) {
    if (foreground.ending) return;
    supervisor.release();
    await Promise.all([sources.close(), running.stop()]);
    throw error;
  }
  setInterval(() => {
    void home.inUse().then((inUse) => {
      if (!inUse && !foreground.ending) void foreground.end('the others have stopped');
    });
  }, LOOK_EACH_MS).unref();
  const address = service === 'gateway' ? `http://127.0.0.1:${instance.port}` : `health on port ${healthPort}`;
  terminal.line(`  ${name} is ready: ${address}, debugger on port ${INSPECT_PORTS[service]}`);
  terminal.line('  A saved file starts it anew. Ctrl-C stops it; the others go on.');
}
