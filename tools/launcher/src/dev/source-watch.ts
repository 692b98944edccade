import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { build, type Plugin, type Rolldown } from 'vite';
import { CODE_FOLDER, type ServiceName } from '../paths';

export interface SourceEvents {
  /** A build after the first one has other code. `file` is what was saved, relative to the clone, and `at` when (`performance.now()`). */
  changed(service: ServiceName, file: string, at: number): void;
  /** The sources cannot be built; what was built before stays. */
  failed(service: ServiceName, error: Error): void;
  /** The sources can be built again, and are what was built before. */
  repaired(service: ServiceName): void;
}

/** Builds services from their sources, and again whenever one of the files they are made of is saved. */
export class SourceWatch {
  private readonly watchers: Rolldown.RolldownWatcher[] = [];

  constructor(
    private readonly root: string,
    private readonly events: SourceEvents,
  ) {}

  /** Resolves when the first build of the service is there; rejects when its sources cannot be built. */
  async start(service: ServiceName): Promise<void> {
    const project = join(this.root, 'apps', service);
    // Not emptied later: the running process still loads parts of its build.
    await rm(join(project, CODE_FOLDER.watched), { recursive: true, force: true });
    const code = new CodeDigest();
    const watcher = await build({
      root: project,
      configFile: join(project, 'vite.config.ts'),
      logLevel: 'silent',
      plugins: [code.plugin],
      build: { outDir: CODE_FOLDER.watched, emptyOutDir: false, watch: {} },
    });
    if (!('on' in watcher)) throw new Error('vite did not watch');
    this.watchers.push(watcher);
    let saved = { file: '', at: 0 };
    let digest: string | undefined;
    let isBroken = false;
    watcher.on('change', (file) => {
      saved = { file: relative(this.root, file), at: performance.now() };
    });
    await new Promise<void>((resolve, reject) => {
      watcher.on('event', async (event) => {
        if (event.code === 'ERROR') {
          await event.result.close();
          if (digest === undefined) reject(event.error);
          else this.events.failed(service, event.error);
          isBroken = true;
        } else if (event.code === 'BUNDLE_END') {
          await event.result.close();
          const first = digest === undefined;
          // A comment, or a line that this service leaves out of a library: there is nothing to start anew for.
          const other = digest !== code.value;
          digest = code.value;
          if (first) resolve();
          else if (other) this.events.changed(service, saved.file, saved.at);
          else if (isBroken) this.events.repaired(service);
          isBroken = false;
        }
      });
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.watchers.map((watcher) => watcher.close()));
  }
}

/** Tells whether two builds are the same code. */
class CodeDigest {
  value = '';

  readonly plugin: Plugin = {
    name: 'perennial-code-digest',
    writeBundle: (_options, bundle) => {
      const hash = createHash('sha256');
      for (const part of Object.values(bundle)) if (part.type === 'chunk') hash.update(part.code);
      this.value = hash.digest('hex');
    },
  };
}
