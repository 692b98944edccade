import { setTimeout as sleep } from 'node:timers/promises';
import { type ByProcess, type Costs, cpuSeconds, NO_WORK, PROCESSES, type Work } from '@perennial/capacity';
import { routes } from '@perennial/contracts-gateway';
import type { RunningSystem } from '@perennial/launcher';
import { plainText } from '@perennial/testing/documents';
import { seeded } from '@perennial/testing/seeded';
import { Client } from 'pg';
import { request } from 'undici';
import { Library } from '../retrieval/library';
import { type Account, PASSWORD } from '../support/accounts';
import { http } from '../support/http';
import { SocketReader } from '../support/socket-reader';
import { print, round, rounded } from './cost';
import { type Load, socketLoad } from './load';
import { cpuBetween, Meters } from './meters';

const ONE_TOKEN: Load = { model: 'sim-t1-r30', tokens: 1 };
const ANSWER: Load = { model: 'sim-t300-r30', tokens: 300 };
export const MODELS = [ONE_TOKEN, ANSWER].map(({ model }) => model);
const USERS = 100;
const FEW = 25;
const WARM_UPS = 2;
const TURN_ROUNDS = 4;
const REQUESTS = 3_000;
const SIGN_INS = 40;
/** Enough that they outgrow the free part of the heap. */
const SOCKETS_PER_USER = 30;
const SEARCHES = 150;
const DOCUMENT_BYTES = 1_000_000;
const IDLE_MS = 20_000;
/** Work that follows a load: titles, removed checkpoints, search words. */
const SETTLE_MS = 3_000;
const MIX_S = 60;
/** Of one simulated answer. */
const TOKENS_PER_S = 30;
/** Turns a second of the mixed load: half of what two cores carry beside the driver. */
const MIX_TURNS_PER_S = 8;

/** One system, measured from outside. */
export class CapacityBench {
  static readonly USERS = USERS;

  private idle: ByProcess = none();
  private readonly library: Library;

  static async open(system: RunningSystem, users: readonly Account[]): Promise<CapacityBench> {
    return new CapacityBench(system, await Meters.open(system), users);
  }

  private constructor(
    private readonly system: RunningSystem,
    private readonly meters: Meters,
    private readonly users: readonly Account[],
  ) {
    this.library = new Library(system.baseUrl, users[0]!, ONE_TOKEN.model);
  }

  async costs(): Promise<Costs> {
    for (let round = 0; round < WARM_UPS; round += 1) {
      await this.load(ONE_TOKEN);
      await this.load(ANSWER);
      await this.requests(REQUESTS / 3);
    }
    await sleep(SETTLE_MS);
    const base = await this.library.createBase('Capacity');
    await this.ingest(base, 1, DOCUMENT_BYTES / 20);
    await this.search(base, 10);

    const idleMib = this.meters.memory();
    this.idle = await this.measure(() => sleep(IDLE_MS), 1000 / ((IDLE_MS + SETTLE_MS) / 1000), none());
    print('idle, ms of CPU a second', this.idle);

    const turns = USERS * TURN_ROUNDS;
    const turn = await this.measure(() => this.load(ONE_TOKEN, TURN_ROUNDS), 1000 / turns);
    print('a turn, ms', turn);

    const before = await this.databaseBytes();
    const chatBefore = this.meters.memory()['chat'] ?? 0;
    let chatMost = 0;
    const watch = setInterval(() => (chatMost = Math.max(chatMost, this.meters.memory()['chat'] ?? 0)), 500);
    const many = await this.tokenUs(USERS, 1, turn);
    clearInterval(watch);
    const bytesPerTurn = ((await this.databaseBytes()) - before) / USERS;
    const few = await this.tokenUs(FEW, USERS / FEW / 2, turn);

    const perRequest = await this.measure(() => this.requests(REQUESTS), 1000 / REQUESTS);
    print('a small request, ms', perRequest);
    const signIn = await this.measure(() => this.signIns(SIGN_INS), 1000 / SIGN_INS);
    print('a sign-in, ms', signIn);
    const socketKib = await this.socketKib();
    print('an open socket', { kib: round(socketKib) });

    const chunksBefore = await this.chunks();
    const bytesBefore = await this.databaseBytes();
    const ingestion = await this.measure(() => this.ingest(base, 2, DOCUMENT_BYTES), 1000);
    const chunks = (await this.chunks()) - chunksBefore;
    const chunk = each((process) => ingestion[process] / chunks);
    print('a chunk, ms', rounded(chunk));
    const bytesPerChunk = ((await this.databaseBytes()) - bytesBefore) / chunks;
    const asked = await this.measure(() => this.search(base, SEARCHES), 1000 / SEARCHES);
    const search = each((process) => Math.max(0, asked[process] - turn[process]));
    print('a search, ms', rounded(search));

    return {
      cpu: {
        turn_ms: rounded(turn),
        token_us: { few, many },
        request_ms: rounded(perRequest),
        sign_in_ms: rounded(signIn),
        chunk_ms: rounded(chunk),
        search_ms: rounded(search),
        idle_ms: rounded(this.idle),
      },
      memory: {
        idle_mib: rounded(idleMib),
        socket_kib: round(socketKib),
        answer_kib: round((Math.max(0, chatMost - chatBefore) * 1024) / USERS),
      },
      bytes: {
        wire_per_token: round(await this.wireBytesPerToken()),
        database_per_turn: Math.round(bytesPerTurn),
        tokens_of_turn: ANSWER.tokens,
        database_per_chunk: Math.round(bytesPerChunk),
        characters_per_chunk: Math.round(DOCUMENT_BYTES / chunks),
      },
    };
  }

  /** Turns of both lengths, requests, sign-ins and searches at random moments, and what the costs predict for them. */
  async mixed(costs: Costs): Promise<{ predicted: ByProcess; measured: ByProcess }> {
    const random = seeded(5);
    const base = await this.library.createBase('Mixed');
    await this.ingest(base, 3, DOCUMENT_BYTES / 20);
    await sleep(SETTLE_MS);
    const work: Work = { ...NO_WORK };
    const running: Promise<unknown>[] = [];
    const from = await this.meters.read();
    const started = performance.now();
    const end = started + MIX_S * 1000;
    while (performance.now() < end) {
      await sleep(-Math.log(1 - random()) * (1000 / MIX_TURNS_PER_S));
      const user = this.users[Math.floor(random() * this.users.length)]!;
      const long = random() < 0.3;
      const load = long ? ANSWER : ONE_TOKEN;
      work.turns += 1;
      work.tokens += load.tokens - 1;
      running.push(socketLoad(this.system.baseUrl, [user], { ...load, spreadMs: 0 }));
      const requests = Math.floor(random() * 8);
      work.requests += requests;
      running.push(this.requests(requests));
      if (random() < 0.05) {
        work.signIns += 1;
        running.push(this.signIns(1));
      }
      if (random() < 0.2) {
        work.searches += 1;
        work.turns += 1;
        running.push(this.search(base, 1));
      }
    }
    await Promise.all(running);
    await sleep(SETTLE_MS);
    const seconds = (performance.now() - started) / 1000;
    const measured = byProcess(cpuBetween(from, await this.meters.read()));
    const loaded = cpuSeconds(work, costs, answersAtOnce(work));
    print('mixed load', { ...work, seconds: round(seconds) });
    return { predicted: each((process) => loaded[process] + (costs.cpu.idle_ms[process] / 1000) * seconds), measured };
  }

  close(): Promise<void> {
    return this.meters.close();
  }

  /** CPU-seconds of that work by process, times a factor, without what the processes use when idle. */
  private async measure(work: () => Promise<unknown>, factor: number, idle = this.idle): Promise<ByProcess> {
    const from = await this.meters.read();
    const started = performance.now();
    await work();
    await sleep(SETTLE_MS);
    const seconds = (performance.now() - started) / 1000;
    const used = byProcess(cpuBetween(from, await this.meters.read()));
    return each((process) => Math.max(0, used[process] - (idle[process] / 1000) * seconds) * factor);
  }

  private async load(load: Load, rounds = 1, answers = USERS): Promise<void> {
    const users = this.users.slice(0, answers);
    for (let round = 0; round < rounds; round += 1) await socketLoad(this.system.baseUrl, users, load);
  }

  /** Microseconds of a token with that many answers at once. */
  private async tokenUs(answers: number, rounds: number, turn: ByProcess): Promise<{ answers: number; us: ByProcess }> {
    const answer = await this.measure(() => this.load(ANSWER, rounds, answers), 1 / (answers * rounds));
    const us = rounded(
      each((process) => Math.max(0, ((answer[process] - turn[process] / 1000) / (ANSWER.tokens - 1)) * 1e6)),
    );
    print(`a token with ${answers} answers at once, microseconds`, us);
    return { answers, us };
  }

  /** Small requests, eight at once. */
  private async requests(count: number): Promise<void> {
    const paths = ['/api/v1/chats/?page=1', '/api/models', '/api/config'];
    let next = 0;
    const worker = async () => {
      for (let at = next++; at < count; at = next++) {
        const { token } = this.users[at % this.users.length]!;
        await this.expect200('GET', paths[at % paths.length]!, { token });
      }
    };
    await Promise.all(Array.from({ length: Math.min(8, count) }, worker));
  }

  private async signIns(count: number): Promise<void> {
    for (let at = 0; at < count; at += 1) {
      const body = { email: `user${at % USERS}@example.com`, password: PASSWORD };
      await this.expect200('POST', routes.auths.signIn.path, { body });
    }
  }

  private async expect200(
    method: 'GET' | 'POST',
    path: string,
    options: { token?: string; body?: unknown },
  ): Promise<void> {
    const { status } = await http(method, this.system.baseUrl + path, options);
    if (status !== 200) throw new Error(`${method} ${path} was answered ${status}`);
  }

  private async ingest(base: string, seed: number, characters: number): Promise<void> {
    const bytes = Buffer.from(plainText(characters, seed));
    await this.library.completed(await this.library.upload({ name: `${seed}.txt`, type: 'text/plain', bytes }, base));
  }

  private async search(base: string, count: number): Promise<void> {
    for (let at = 0; at < count; at += 1) await this.library.ask(`question ${at}`, base);
  }

  /** KiB of a gateway's memory for each of many idle sockets. */
  private async socketKib(): Promise<number> {
    const before = this.meters.memory()['gateway'] ?? 0;
    const sockets = this.users.flatMap(({ token }) =>
      Array.from({ length: SOCKETS_PER_USER }, () => new SocketReader(this.system.baseUrl, token)),
    );
    await Promise.all(sockets.map((socket) => socket.connected()));
    await sleep(SETTLE_MS);
    const held = (this.meters.memory()['gateway'] ?? 0) - before;
    sockets.forEach((socket) => socket.close());
    return Math.max(0, (held * 1024) / sockets.length);
  }

  /** Bytes of server-sent events for each token of an answer. */
  private async wireBytesPerToken(): Promise<number> {
    const reply = await request(this.system.baseUrl + routes.completions.create.path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${this.users[0]!.token}` },
      body: JSON.stringify({ model: ANSWER.model, stream: true, messages: [{ role: 'user', content: 'Hello' }] }),
    });
    let bytes = 0;
    for await (const chunk of reply.body) bytes += (chunk as Uint8Array).length;
    return bytes / ANSWER.tokens;
  }

  private databaseBytes(): Promise<number> {
    return this.ask('SELECT pg_database_size(current_database())::float8 AS value');
  }

  private chunks(): Promise<number> {
    return this.ask('SELECT count(*)::int AS value FROM retrieval.chunks');
  }

  private async ask(sql: string): Promise<number> {
    const client = new Client({ connectionString: this.system.postgresUrl });
    await client.connect();
    try {
      const { rows } = await client.query<{ value: number }>(sql);
      return rows[0]?.value ?? 0;
    } finally {
      await client.end();
    }
  }
}

/** Of the mixed load, on average: the duration of a token is that of the simulator. */
function answersAtOnce({ tokens }: Work): number {
  return tokens / TOKENS_PER_S / MIX_S;
}

function each(value: (process: (typeof PROCESSES)[number]) => number): ByProcess {
  return Object.fromEntries(PROCESSES.map((process) => [process, value(process)])) as ByProcess;
}

function none(): ByProcess {
  return each(() => 0);
}

function byProcess(values: Record<string, number>): ByProcess {
  return each((process) => values[process] ?? 0);
}
