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

/** The arguments that make `node` run a built service, with its telemetry loaded before everything else. */
export function serviceArguments(service: ServiceName, root: string): string[] {
  const dist = join(root, 'apps', service, 'dist');
  const main = join(dist, 'main.js');
  if (!existsSync(main)) throw new Error(`${main} is not built: run npx nx run-many -t build`);
  const telemetry = join(dist, 'telemetry.js');
  return [...(existsSync(telemetry) ? ['--import', telemetry] : []), main];
}

/** The built page, when there is one. */
export function webRoot(root: string): string | undefined {
  const dist = join(root, 'apps', 'web', 'dist');
  return existsSync(join(dist, 'index.html')) ? dist : undefined;
}
