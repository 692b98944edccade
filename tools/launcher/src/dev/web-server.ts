import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ManagedProcess } from '@perennial/local-runtime/servers';
import { answers, untilReady } from '../health';
import { ROOT } from '../paths';
import type { Home } from '../state';

export interface WebServerOptions {
  /** The clone whose `apps/web` is served. */
  root: string;
  home: Home;
  host: string;
  port: number;
  /** Where everything goes that is not the page. */
  gatewayUrl: string;
}

/** Vite with the page and hot reload, in front of a gateway; resolves when it serves. Undefined where the clone has no page. */
export async function startWebServer(options: WebServerOptions): Promise<ManagedProcess | undefined> {
  const project = join(options.root, 'apps', 'web');
  if (!existsSync(join(project, 'index.html'))) return undefined;
  const vite = new ManagedProcess({
    name: 'web',
    command: process.execPath,
    args: [
      ...[join(ROOT, 'node_modules', 'vite', 'bin', 'vite.js'), '--strictPort', '--clearScreen', 'false'],
      ...['--host', options.host, '--port', String(options.port)],
    ],
    cwd: project,
    env: { GATEWAY_URL: options.gatewayUrl },
    logFile: options.home.freshLog('web'),
    stopTimeoutMs: 1_000,
  });
  vite.start();
  await untilReady(vite, () => answers(`http://${options.host}:${options.port}/favicon.svg`));
  return vite;
}
