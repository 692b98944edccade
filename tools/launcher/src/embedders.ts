import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_MODEL, fetchLocalEmbedder, type ModelSource } from '@perennial/local-embedder';
import { ManagedProcess } from '@perennial/testing/servers';
import type { LauncherEnvironment } from './environment';
import { answers, untilReady } from './health';
import type { LaunchEvent } from './launch';
import { savedEmbeddings } from './saved-embeddings';
import type { Home } from './state';
import { Supervisor, type SupervisorEvents } from './supervisor';

export interface EmbeddersOptions {
  /** The clone whose tools are run. */
  root: string;
  env: LauncherEnvironment;
  home: Home;
  /** `auto` chooses like `npm start`; `simulator` starts a new installation with it; `none` starts nothing. */
  choice: 'auto' | 'simulator' | 'none';
  events: SupervisorEvents;
  emit: (event: LaunchEvent) => void;
  /** Cancels a download. */
  signal: AbortSignal;
}

/** An embedding server that runs here. */
export interface RunningEmbedder {
  name: 'embedder' | 'simulator';
  process: ManagedProcess;
  supervisor: Supervisor;
  port: number;
}

/** Name of the simulator's vectors, so that they are not mistaken for a model's. */
export const SIMULATED_MODEL = 'simulator-word-hashes';

/** A failed download, mostly without a network, is retried after this time. */
const FETCH_AGAIN_MS = 300_000;

/**
 * Chooses the embedder: the configured or saved one, else the local embedder, downloaded while everything else is up already; if a new
 * installation cannot download it, the simulator.
 */
export class Embedders {
  /** What the services get to know. */
  env: Record<string, string> = {};
  /** For the user; empty if none was chosen. */
  label = '';
  readonly running: RunningEmbedder[] = [];
  private readonly dir: string;
  private again: NodeJS.Timeout | undefined;
  private background: Promise<void> | undefined;
  private stopped = false;

  constructor(private readonly options: EmbeddersOptions) {
    this.dir = options.home.file('local-embedder');
  }

  /**
   * Decides, and starts what can be started at once.
   *
   * @param offline another download failed: then it waits for this one, since the result decides the first settings of a new installation
   */
  async choose(databaseUrl: string, { offline }: { offline: boolean }): Promise<void> {
    const { choice, env, home } = this.options;
    if (choice === 'none') return;
    const simulated = `http://127.0.0.1:${await home.port('simulator')}/v1`;
    const saved = await savedEmbeddings(databaseUrl);
    const configured = configuredIn(env, saved);
    const usesSimulator = saved.some(({ openai, model }) => openai.url === simulated && model === SIMULATED_MODEL);
    if (usesSimulator) {
      await this.startSimulator();
      this.tell('embedded by the simulator (from the settings), which knows words but no meaning');
    } else if (configured !== undefined) return this.tell(configured);
    const source = sourceIn(env);
    if (saved.length === 0 && (choice === 'simulator' || (offline && !(await this.fetched(source))))) {
      await this.startSimulator();
      this.env = {
        RAG_EMBEDDING_ENGINE: 'openai',
        RAG_EMBEDDING_MODEL: SIMULATED_MODEL,
        RAG_OPENAI_API_BASE_URL: simulated,
        // Without one a key for OpenAI itself would be sent there.
        RAG_OPENAI_API_KEY: 'none',
      };
      return this.tell('embedded by the simulator, which knows words but no meaning; the settings can change that');
    }
    const port = await home.port('embedder');
    this.env = { RAG_LOCAL_EMBEDDER_URL: `http://127.0.0.1:${port}/v1` };
    // Chats do not wait for it. Beside the simulator it runs so that the settings can change to it.
    if (!usesSimulator) this.label = 'embedded here, as soon as the embedder is fetched and started';
    this.background = this.fetchAndStart(source, port);
  }

  /** Embedders are not restarted any more. */
  release(): void {
    this.stopped = true;
    clearTimeout(this.again);
    for (const { supervisor } of this.running) supervisor.release();
  }

  async stop(): Promise<void> {
    this.release();
    await Promise.all(this.running.map(({ process }) => process.stop()));
    await this.background;
  }

  kill(): void {
    this.release();
    for (const { process } of this.running) process.signal('SIGKILL');
  }

  private async fetchAndStart(source: ModelSource, port: number): Promise<void> {
    if (await this.fetched(source)) {
      if (this.stopped) return;
      await this.startLocal(source, port).catch((error: unknown) => !this.stopped && this.note(error));
    } else if (!this.stopped) {
      this.options.emit({ kind: 'note', text: 'Documents wait for it; it is tried again every five minutes' });
      this.again = setTimeout(() => {
        this.background = this.fetchAndStart(source, port);
      }, FETCH_AGAIN_MS).unref();
    }
  }

  private async fetched(source: ModelSource): Promise<boolean> {
    try {
      await fetchLocalEmbedder(source, {
        dir: this.dir,
        signal: this.options.signal,
        onProgress: ({ label, doneBytes, totalBytes }) =>
          this.options.emit({ kind: 'progress', what: label, done: doneBytes, total: totalBytes }),
      });
      return true;
    } catch (error) {
      if (!this.stopped) this.note(error);
      return false;
    }
  }

  private async startLocal(source: ModelSource, port: number): Promise<void> {
    const model = this.options.env.embeddingModel ?? DEFAULT_MODEL;
    const from =
      source.kind === 'folder' ? ['--folder', source.path] : source.kind === 'hub' ? ['--hub', source.url] : [];
    await this.start('embedder', 'local-embedder', ['--dir', this.dir, '--model', model, ...from], port);
    if (this.running.some(({ name }) => name === 'simulator')) {
      this.options.emit({ kind: 'note', text: `${model} runs here as well: the settings can change to it` });
    } else this.tell(`embedded here by ${model}, which is loaded with the first of them`);
  }

  private async startSimulator(): Promise<void> {
    await this.start('simulator', 'provider-simulator', [], await this.options.home.port('simulator'));
  }

  private async start(
    name: RunningEmbedder['name'],
    tool: string,
    args: readonly string[],
    port: number,
  ): Promise<void> {
    const { root, home, events } = this.options;
    const main = join(root, 'tools', tool, 'dist', 'main.js');
    if (!existsSync(main)) throw new Error(`${main} is not built: run npx nx run-many -t build`);
    const process_ = new ManagedProcess({
      name,
      command: process.execPath,
      args: [main, ...args, '--port', String(port)],
      cwd: root,
      logFile: home.freshLog(name),
      stopTimeoutMs: 3_000,
    });
    const supervisor = new Supervisor(process_, () => process_.start(), events);
    this.running.push({ name, process: process_, supervisor, port });
    await supervisor.start();
    await untilReady(process_, () => answers(`http://127.0.0.1:${port}/v1/models`));
  }

  private tell(label: string): void {
    this.label = label;
    this.options.emit({ kind: 'done', what: 'Documents', detail: label });
  }

  private note(error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    this.options.emit({ kind: 'note', text: `The local embedder is not there: ${why}` });
  }
}

/** The embedder that users configured, in words; undefined if none. */
function configuredIn(
  env: LauncherEnvironment,
  saved: Awaited<ReturnType<typeof savedEmbeddings>>,
): string | undefined {
  if (env.localEmbedderUrl !== undefined) return `embedded at ${env.localEmbedderUrl} (from the environment)`;
  if (saved.length === 0) {
    return env.embeddingEngine === undefined ? undefined : `embedded by ${env.embeddingEngine} (from the environment)`;
  }
  if (saved.some(({ engine }) => engine === '')) return undefined;
  return `embedded by ${[...new Set(saved.map(({ engine, model }) => `${engine}, ${model}`))].join(' and ')} (from the settings)`;
}

/** The source of the local embedder's model. Throws an error with advice. */
function sourceIn(env: LauncherEnvironment): ModelSource {
  if (env.embedderFolder !== undefined) return { kind: 'folder', path: env.embedderFolder };
  if (env.embedderHub !== undefined) return { kind: 'hub', url: env.embedderHub };
  if (env.embeddingModel === undefined || env.embeddingModel === DEFAULT_MODEL) return { kind: 'wheels' };
  throw new Error(
    `RAG_EMBEDDING_MODEL=${env.embeddingModel} cannot be fetched: set LOCAL_EMBEDDER_FOLDER or LOCAL_EMBEDDER_HUB, ` +
      `choose another RAG_EMBEDDING_ENGINE, or leave the variable out`,
  );
}
