import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_MODEL, fetchLocalEmbedder, type ModelSource } from '@perennial/local-embedder';
import { ManagedProcess } from '@perennial/local-runtime/servers';
import type { LauncherEnvironment } from './environment';
import { answers, untilReady } from './health';
import type { LaunchEvent } from './launch';
import { type SavedEmbedding, savedEmbeddings } from './saved-embeddings';
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
  /** Changes a group of settings once the services answer; resolves to false, or rejects, if they do not. */
  changeSettings: (group: string, changes: object) => Promise<boolean>;
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

/** The settings are changed when the services answer; they may be starting. */
const CHANGE_AGAIN_MS = 5_000;

/**
 * Chooses the embedder: the configured or saved one, else the local embedder, downloaded while everything else is up already. If a new
 * installation cannot download it, the simulator takes its place until it can, and then the documents are embedded again.
 */
export class Embedders {
  /** What the services get to know. */
  env: Record<string, string> = {};
  /** For the user; empty if none was chosen. */
  label = '';
  readonly running: RunningEmbedder[] = [];
  private readonly dir: string;
  private readonly model: string;
  private again: NodeJS.Timeout | undefined;
  private background: Promise<void> | undefined;
  private stopped = false;

  constructor(private readonly options: EmbeddersOptions) {
    this.dir = options.home.file('local-embedder');
    this.model = options.env.embeddingModel ?? DEFAULT_MODEL;
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
    const usesSimulator = saved.some((one) => isSimulator(one, simulated));
    if (!usesSimulator && configured !== undefined) return this.tell(configured);
    const source = sourceIn(env);
    const isNew = saved.length === 0;
    const cannotFetch = isNew && choice === 'auto' && offline && !(await this.fetched(source));
    const isFirstSimulated = isNew && (choice === 'simulator' || cannotFetch);
    if (isFirstSimulated) {
      this.env = {
        RAG_EMBEDDING_ENGINE: 'openai',
        RAG_EMBEDDING_MODEL: SIMULATED_MODEL,
        RAG_OPENAI_API_BASE_URL: simulated,
        // Without one a key for OpenAI itself would be sent there.
        RAG_OPENAI_API_KEY: 'none',
      };
    }
    if (usesSimulator || isFirstSimulated) {
      await this.startSimulator();
      const until = choice === 'auto' ? `, until ${this.model} is fetched` : '; the settings can change that';
      this.tell(`embedded by the simulator, which knows words but no meaning${until}`);
    } else this.label = 'embedded here, as soon as the embedder is fetched and started';
    if (isNew && choice === 'simulator') return;
    const port = await home.port('embedder');
    this.env.RAG_LOCAL_EMBEDDER_URL = `http://127.0.0.1:${port}/v1`;
    // Chats do not wait for it.
    const start = async (): Promise<void> => {
      await this.startLocal(source, port);
      if (choice === 'auto' && (usesSimulator || isFirstSimulated)) await this.change(databaseUrl, simulated);
    };
    if (cannotFetch) this.fetchLater(source, start);
    else this.background = this.fetchAndStart(source, start);
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

  private async fetchAndStart(source: ModelSource, start: () => Promise<void>): Promise<void> {
    if (!(await this.fetched(source))) return this.fetchLater(source, start);
    if (!this.stopped) await start().catch((error: unknown) => !this.stopped && this.note(error));
  }

  private fetchLater(source: ModelSource, start: () => Promise<void>): void {
    if (this.stopped) return;
    this.options.emit({ kind: 'note', text: 'It is tried again every five minutes' });
    this.again = setTimeout(() => (this.background = this.fetchAndStart(source, start)), FETCH_AGAIN_MS).unref();
  }

  /** Changes the settings from the simulator to the local embedder, as soon as the services can be asked. */
  private async change(databaseUrl: string, simulated: string): Promise<void> {
    while (!this.stopped && !(await this.isChanged(databaseUrl, simulated).catch(() => false)))
      await sleep(CHANGE_AGAIN_MS, undefined, { signal: this.options.signal }).catch(() => undefined);
  }

  /** Somebody else may have changed them meanwhile. */
  private async isChanged(databaseUrl: string, simulated: string): Promise<boolean> {
    const setting = (await savedEmbeddings(databaseUrl)).find(({ isSetting }) => isSetting);
    if (setting !== undefined && !isSimulator(setting, simulated)) return true;
    if (!(await this.options.changeSettings('embedding', { engine: '', model: this.model }))) return false;
    this.tell(`embedded again by ${this.model}, in the background: searches use it when all are`);
    return true;
  }

  private async fetched(source: ModelSource): Promise<boolean> {
    try {
      await fetchLocalEmbedder(source, this.model, {
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
    const from =
      source.kind === 'folder' ? ['--folder', source.path] : source.kind === 'hub' ? ['--hub', source.url] : [];
    await this.start('embedder', 'local-embedder', ['--dir', this.dir, '--model', this.model, ...from], port);
    if (this.running.some(({ name }) => name === 'simulator'))
      this.options.emit({ kind: 'note', text: `${this.model} runs here as well` });
    else this.tell(`embedded here by ${this.model}, which is loaded with the first of them`);
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

function isSimulator({ openai, model }: SavedEmbedding, url: string): boolean {
  return openai.url === url && model === SIMULATED_MODEL;
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
