import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { Runtime } from '@perennial/runtime';
import { installationStores, VectorStores } from '@perennial/vector-store';
import { RETRIEVAL_ENV, type RetrievalEnv } from '../env';
import { VECTOR_STORES } from '../stores/tokens';
import { refusal, type StoreHost } from './claim';
import { HostRepository } from './host.repository';

const BEAT_MS = 5_000;
/** File in the data directory, moved along with it. */
const FILE = 'directory-id';

/**
 * Keeps a second machine from using an embedded store: it would answer from an empty store of its own. A server as store needs no guard.
 */
@Injectable()
export class HostGuard implements OnModuleInit {
  private lost = false;

  constructor(
    private readonly repository: HostRepository,
    @Inject(VECTOR_STORES) private readonly stores: VectorStores,
    @Inject(Runtime) private readonly runtime: Runtime,
    @Inject(RETRIEVAL_ENV) private readonly env: RetrievalEnv,
  ) {}

  /** @throws when the store belongs to another machine: the process must not start */
  async onModuleInit(): Promise<void> {
    const embedded = [...this.stores.named].find(([, { capabilities }]) => !capabilities.sharedBetweenHosts);
    if (!embedded) return;
    const directory = installationStores(this.env).get(embedded[0])?.DATA_DIR ?? this.env.DATA_DIR;
    const own: StoreHost = { host: hostname(), directory: await directoryId(directory) };
    const other = await this.repository.claim(own);
    if (other) throw new Error(refusal(other, own));
    this.runtime.every(BEAT_MS, async () => void (this.lost = !(await this.repository.beat(own))), {
      name: 'say that this machine has the vectors',
      until: 'close',
    });
    this.runtime.readiness.register('vector_host', () => {
      if (this.lost) throw new Error('another machine has taken over the embedded vector store');
    });
  }
}

/** The UUID in a data directory; the first process creates it atomically. */
async function directoryId(dataDir: string): Promise<string> {
  const path = join(dataDir, FILE);
  const draft = `${path}.${randomUUID()}`;
  await mkdir(dataDir, { recursive: true });
  try {
    await writeFile(draft, `${randomUUID()}\n`);
    await link(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(draft, { force: true });
  }
  return (await readFile(path, 'utf8')).trim();
}
