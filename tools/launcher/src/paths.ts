import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The clone: the folder above this file, or above the bundle that it became part of, that holds the workspace's `nx.json`. */
export const ROOT = cloneAbove(fileURLToPath(new URL('.', import.meta.url)));

function cloneAbove(folder: string): string {
  if (existsSync(join(folder, 'nx.json'))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error('not inside a clone of Perennial: no nx.json above this file');
  return cloneAbove(parent);
}

export const SERVICES = ['gateway', 'auth', 'chat', 'retrieval', 'config'] as const;
export type ServiceName = (typeof SERVICES)[number];

/** Which build of the services runs: that of `npm run build`, or what `npm run dev` builds at each change. */
export type ServiceCode = 'built' | 'watched';

/** Where a service's build lies, beside its sources. */
export const CODE_FOLDER: Readonly<Record<ServiceCode, string>> = { built: 'dist', watched: '.dev' };

/** The first process of each service that `npm run dev` runs can be debugged here (`.vscode/launch.json` names these ports too). */
export const INSPECT_PORTS: Readonly<Record<ServiceName, number>> = {
  ...{ gateway: 9231, auth: 9232, chat: 9233, retrieval: 9234, config: 9235 },
};

/** The arguments that make `node` run a built service, with its telemetry loaded before everything else. */
export function serviceArguments(service: ServiceName, root: string, code: ServiceCode = 'built'): string[] {
  const dist = join(root, 'apps', service, CODE_FOLDER[code]);
  const main = join(dist, 'main.js');
  if (!existsSync(main)) throw new Error(`${main} is not built: run npx nx run-many -t build`);
  const telemetry = join(dist, 'telemetry.js');
  return [
    ...(code === 'watched' ? ['--enable-source-maps', `--inspect=127.0.0.1:${INSPECT_PORTS[service]}`] : []),
    ...(existsSync(telemetry) ? ['--import', telemetry] : []),
    main,
  ];
}
