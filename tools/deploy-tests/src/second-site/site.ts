import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { launchSystem, ROOT, type RunningSystem, SERVICES } from '@perennial/launcher';
import { type QdrantServer, startQdrant } from '@perennial/testing/servers';

/** The services, the Redis, the vector store and the files of one site. Postgres is apart: it spans both. */
export interface Site {
  system: RunningSystem;
  vectors: QdrantServer;
  /** Variables of the store of files. */
  files: Record<string, string>;
}

export interface SiteOptions {
  databaseUrl: string;
  /** Directory of the files. */
  dataDir: string;
  /** The models, and what both sites share. */
  env: Record<string, string>;
}

/** Starts a site; its Redis and its vector store are empty. */
export async function startSite({ databaseUrl, dataDir, env }: SiteOptions): Promise<Site> {
  const vectors = await startQdrant();
  const files = { STORAGE_PROVIDER: 'local', DATA_DIR: dataDir };
  try {
    const system = await launchSystem({
      supervise: false,
      env: { ...env, ...files, DATABASE_URL: databaseUrl, VECTOR_DB: 'qdrant', QDRANT_URI: vectors.url },
    });
    return { system, vectors, files };
  } catch (error) {
    await vectors.stop();
    throw error;
  }
}

/** `kill -9` of every process of the site at once. */
export async function killSite({ system, vectors }: Site): Promise<void> {
  await Promise.all([
    ...SERVICES.map((service) => system.kill(service)),
    system.redisServer().server.process.kill(),
    vectors.kill(),
  ]);
}

export async function stopSite({ system, vectors }: Site): Promise<void> {
  await system.stop();
  await vectors.stop();
}

/** `perennial blobs mirror` from one site to another, again and again until it is killed. */
export function startMirror(from: Site, to: Record<string, string>, dir: string, everyS: number): ChildProcess {
  const file = join(dir, 'other-site.env');
  writeFileSync(
    file,
    Object.entries(to)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
  const program = join(ROOT, 'apps/cli/dist/main.js');
  return spawn(process.execPath, [program, 'blobs', 'mirror', file, '--every', String(everyS)], {
    env: { PATH: process.env['PATH'], ...from.files },
    stdio: 'ignore',
  });
}
