import { randomUUID } from 'node:crypto';
import type { INestMicroservice } from '@nestjs/common';
import { runs, type RunSnapshot } from '@perennial/contracts-chat';
import type { CallReply, UserPrincipal } from '@perennial/contracts-kernel';
import { expectedText, promptDigest, type Simulator, startSimulator } from '@perennial/provider-simulator';
import { buildService, freePort, freshPrefix, ManagedProcess, TestStores, waitFor } from '@perennial/testing';
import {
  Connections,
  createRunStreamSubscriber,
  RedisRpcClient,
  Rpc,
  type RunStreamSubscriber,
} from '@perennial/transport';
import pg from 'pg';
import { expect } from 'vitest';
import { type ConfigAnswers, startConfigDouble } from './config-double';
import { Reader } from './reader';

const SECRET_KEY = 'the secret of the chat tests';
const HUB = { kind: 'service', name: 'gateway' } as const;

/**
 * A small installation: a database and keys of its own, the simulator, a double of config, a gateway's side (rpc and subscriber) in this process,
 * and as many real chat processes as a test starts.
 */
export class World {
  readonly prefix = freshPrefix('chat');
  readonly processes: ManagedProcess[] = [];
  readonly answers: ConfigAnswers;
  rpc!: Rpc;
  subscriber!: RunStreamSubscriber;
  db!: pg.Pool;
  private config!: INestMicroservice;
  private connections!: Connections;
  private client!: RedisRpcClient;
  private readonly healthPorts = new Map<ManagedProcess, number>();

  private constructor(
    readonly stores: TestStores,
    readonly simulator: Simulator,
    private readonly bundle: string,
  ) {
    this.answers = {
      version: 1,
      baseUrl: `${simulator.url}/v1`,
      continuation: 'continue_final_message',
      sealedKey: null,
      taskModel: null,
      queryGeneration: true,
      queryPrompt: '',
      knowledge: [],
      limits: {},
    };
  }

  /** @param apart with servers of its own, for tests that stop one or count what it does */
  static async start({ apart = false } = {}): Promise<World> {
    const [stores, simulator, bundle] = await Promise.all([
      apart ? TestStores.apart('chat_test') : TestStores.shared('chat_test'),
      startSimulator(),
      buildService('chat'),
    ]);
    const world = new World(stores, simulator, bundle);
    await world.connect();
    return world;
  }

  private async connect(): Promise<void> {
    this.db = new pg.Pool({ connectionString: this.stores.databaseUrl, max: 4, options: '-c search_path=chat' });
    this.db.on('error', () => undefined);
    this.config = await startConfigDouble(this.stores.redisUrl, this.prefix, this.answers);
    const options = {
      redisUrl: this.stores.redisUrl,
      keyPrefix: this.prefix,
      service: 'gateway',
      instanceId: 'gateway-test',
    };
    this.connections = new Connections(options);
    this.client = new RedisRpcClient(this.connections, {});
    await this.client.connect();
    this.rpc = new Rpc(this.client);
    this.subscriber = createRunStreamSubscriber({
      connections: this.connections,
      lookup: (runId) => this.lookup(runId),
    });
  }

  async stop(): Promise<void> {
    await this.endProcesses();
    await this.subscriber.close();
    this.client.close();
    this.connections.close();
    await this.config.close();
    await this.db.end();
    await Promise.all([this.simulator.close(), this.stores.stop()]);
  }

  /** Environment of every chat process here. */
  get environment(): Record<string, string> {
    return {
      NODE_ENV: 'test',
      DATABASE_URL: this.stores.databaseUrl,
      REDIS_URL: this.stores.redisUrl,
      REDIS_KEY_PREFIX: this.prefix,
      SECRET_KEY,
    };
  }

  /** The built program of the chat service. */
  get program(): string {
    return `${this.bundle}/main.js`;
  }

  /** Starts a chat process and waits until it is ready. */
  async chat(role: 'api' | 'worker' | 'all', env: Record<string, string> = {}): Promise<ManagedProcess> {
    const port = Number(env.HEALTH_PORT ?? (await freePort()));
    const handle = new ManagedProcess({
      name: `chat-${role}-${this.processes.length}`,
      command: process.execPath,
      args: ['--import', `${this.bundle}/telemetry.js`, this.program],
      env: {
        ...this.environment,
        CHAT_ROLE: role,
        HEALTH_PORT: String(port),
        MAX_RUNS_PER_USER: '1000',
        INSTANCE_ID: `chat-${role}-${this.processes.length}`,
        ...env,
      },
    });
    this.processes.push(handle);
    this.healthPorts.set(handle, port);
    handle.start();
    await handle.waitUntil(async () => (await fetch(`http://127.0.0.1:${port}/health/ready`)).ok, 'it is ready');
    return handle;
  }

  /** The process's metrics. */
  async metricsOf(handle: ManagedProcess): Promise<string> {
    return (await fetch(`http://127.0.0.1:${this.healthPorts.get(handle)}/metrics`)).text();
  }

  /** Kills every chat process, or those of one role. */
  async endProcesses(role = ''): Promise<void> {
    for (const handle of this.processes) {
      if (!handle.running || !handle.name.startsWith(`chat-${role}`)) continue;
      handle.cont();
      await handle.kill();
    }
  }

  workers(count: number, env: Record<string, string> = {}): Promise<ManagedProcess[]> {
    return Promise.all(Array.from({ length: count }, () => this.chat('worker', env)));
  }

  /** Starts a turn in a new chat. */
  async ask(options: AskOptions = {}): Promise<Turn> {
    const {
      model = 'sim-t120-r60-x',
      user = newUser(),
      prompt = `Prompt ${randomUUID()}`,
      title = false,
      followUps = false,
    } = options;
    const { attached = [], files = [], chatId, parentId = null } = options;
    const reply = await this.rpc.call(
      runs.accept,
      {
        ...(chatId === undefined ? {} : { chatId }),
        parentId,
        userMessage: { id: randomUUID(), content: prompt, files: attached },
        answers: [{ messageId: randomUUID(), modelId: model }],
        files,
        generateTitle: title,
        generateFollowUps: followUps,
      },
      { principal: user },
    );
    return { ...reply, runId: reply.runs[0]!.runId, messageId: reply.runs[0]!.messageId, user, prompt, model };
  }

  /** Answers the same message again, like a page: under a new id. */
  async askAgain(turn: Turn, model: string): Promise<Turn> {
    const { rows } = await this.db.query<{ parent_id: string }>(
      'SELECT parent_id FROM messages WHERE chat_id = $1 AND id = $2',
      [turn.chatId, turn.messageId],
    );
    const reply = await this.rpc.call(
      runs.accept,
      {
        chatId: turn.chatId,
        parentId: rows[0]!.parent_id,
        answers: [{ messageId: randomUUID(), modelId: model }],
      },
      { principal: turn.user },
    );
    return { ...turn, ...reply, runId: reply.runs[0]!.runId, messageId: reply.runs[0]!.messageId, model };
  }

  /** A connection to Redis for the test itself. */
  get commands(): ReturnType<Connections['commandsFor']> {
    return this.connections.commandsFor('');
  }

  follow(runId: string): Promise<Reader> {
    return Reader.follow(this.subscriber, runId);
  }

  async cancel(target: { runId: string } | { chatId: string }, user: UserPrincipal): Promise<string[]> {
    return (await this.rpc.call(runs.cancel, target, { principal: user })).cancelled;
  }

  async snapshot(runId: string): Promise<RunSnapshot> {
    return this.rpc.call(runs.get, { runId }, { principal: HUB });
  }

  /** The run's row. */
  async row(runId: string): Promise<RunRow> {
    const { rows } = await this.db.query<RunRow>('SELECT * FROM runs WHERE id = $1', [runId]);
    return rows[0]!;
  }

  async message(turn: Turn): Promise<{
    content: string;
    parent_id: string | null;
    done: boolean;
    error: unknown;
    extra: Record<string, unknown>;
  }> {
    const { rows } = await this.db.query('SELECT * FROM messages WHERE chat_id = $1 AND id = $2', [
      turn.chatId,
      turn.messageId,
    ]);
    return rows[0];
  }

  /** Waits for a state of the run's row. */
  async until(runId: string, look: (row: RunRow) => boolean, what: string, timeoutMs = 20_000): Promise<RunRow> {
    return waitFor(async () => ((row) => look(row) && row)(await this.row(runId)), { timeoutMs, what });
  }

  /** The process that writes the run. */
  async ownerOf(runId: string): Promise<ManagedProcess> {
    return waitFor(
      async () => {
        const { rows } = await this.db.query<{ instance: string }>(
          'SELECT p.instance FROM runs r JOIN processes p ON p.id = r.owner WHERE r.id = $1',
          [runId],
        );
        return this.processes.find((handle) => handle.name === rows[0]?.instance);
      },
      { what: `an owner of ${runId}` },
    );
  }

  /** Number of provider requests for the answer to this prompt. */
  calls(prompt: string): number {
    return this.simulator.stats().prompts[promptDigest(prompt)]?.streams ?? 0;
  }

  /** The whole answer of a deterministic model to the turn. */
  expected(turn: Turn): string {
    return expectedText(turn.model, turn.prompt, Number(/-t(\d+)/.exec(turn.model)?.[1] ?? 60));
  }

  /** Waits for the end of a turn and checks the invariants: one gapless text, stored as it was read, ended once. */
  async complete(turn: Turn, reader: Reader, timeoutMs = 40_000): Promise<RunRow> {
    const end = await reader.ended(timeoutMs);
    expect(end.terminal.state).toBe('completed');
    expect(reader.faults).toEqual([]);
    expect(reader.text).toBe(this.expected(turn));
    expect((await this.message(turn)).content).toBe(reader.text);
    const row = await this.row(turn.runId);
    expect(this.calls(turn.prompt)).toBeLessThanOrEqual(row.epoch);
    const { rows } = await this.db.query('SELECT 1 FROM run_checkpoints WHERE run_id = $1', [turn.runId]);
    expect(rows).toEqual([]);
    return row;
  }

  /** A gateway's lookup of a run. */
  async lookup(runId: string) {
    const { identity, position, text, terminal } = await this.snapshot(runId);
    return { identity, position, text, ...(terminal ? { terminal } : {}) };
  }
}

export interface AskOptions {
  model?: string;
  user?: UserPrincipal;
  prompt?: string;
  title?: boolean;
  followUps?: boolean;
  /** Files of the message. */
  attached?: Record<string, unknown>[];
  /** Files of the request. */
  files?: Record<string, unknown>[];
  /** The chat and the answer that this turn follows. */
  chatId?: string;
  parentId?: string;
}

export type Turn = CallReply<typeof runs.accept> & {
  runId: string;
  messageId: string;
  user: UserPrincipal;
  prompt: string;
  model: string;
};

export interface RunRow {
  id: string;
  state: string;
  epoch: number;
  owner: string | null;
  deaths: number;
  cancel_requested_at: Date | null;
  provider_end: unknown;
  terminal: { state: string; length: number; error?: { code: string; message: string } } | null;
  published_at: Date | null;
}

export function newUser(): UserPrincipal {
  return { kind: 'user', userId: randomUUID(), role: 'user', sessionId: randomUUID() };
}
