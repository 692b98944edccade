import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ClientSocketEvents,
  routes,
  type ServerSocketEvents,
  SOCKET_EVENT,
  SOCKET_PATH,
  type SocketEvent,
} from '@perennial/contracts-gateway';
import { STAMP_LENGTH, stampAge } from '@perennial/provider-simulator';
import { createParser } from 'eventsource-parser';
import { io, type Socket } from 'socket.io-client';
import { Agent, request } from 'undici';
import type { Account } from '../support/accounts';
import { newTurn, sendTurn } from '../support/turn';
import { Histogram } from './histogram';

/** Default time over which the starts of turns are spread evenly. */
const SPREAD_MS = 1_000;

export interface LoadResult {
  tokens: number;
  /** Answers that arrived completely. */
  complete: number;
  /** From sending a token in the simulator to its arrival here. */
  latency: Histogram;
  /** From the request to the first token. */
  firstToken: Histogram;
}

export interface Load {
  model: string;
  /** Of each answer. */
  tokens: number;
  /** Turns are started evenly over this time. */
  spreadMs?: number;
}

class Answer {
  tokens = 0;

  constructor(
    private readonly started: number,
    private readonly result: LoadResult,
  ) {}

  /** Every token's text is the millisecond at which it was sent. */
  take(text: string): void {
    if (this.tokens === 0) this.result.firstToken.add(Date.now() - this.started);
    for (let at = 0; at + STAMP_LENGTH <= text.length; at += STAMP_LENGTH) {
      this.result.latency.add(stampAge(text.slice(at, at + STAMP_LENGTH)));
      this.tokens += 1;
      this.result.tokens += 1;
    }
  }
}

/** Joins several loads. */
export function joined(loads: readonly LoadResult[]): LoadResult {
  const all = fresh();
  for (const { tokens, complete, latency, firstToken } of loads) {
    all.tokens += tokens;
    all.complete += complete;
    all.latency.addAll(latency);
    all.firstToken.addAll(firstToken);
  }
  return all;
}

const startTime = ({ spreadMs = SPREAD_MS }: Load, i: number, of: number) => sleep((spreadMs * i) / of);

const fresh = (): LoadResult => ({ tokens: 0, complete: 0, latency: new Histogram(), firstToken: new Histogram() });

/** Each account starts one turn in a new chat, including its title, and reads the answer on its socket. */
export async function socketLoad(baseUrl: string, accounts: Account[], load: Load): Promise<LoadResult> {
  const result = fresh();
  const sockets: BenchSocket[] = [];
  for (let from = 0; from < accounts.length; from += 20) {
    sockets.push(
      ...(await Promise.all(accounts.slice(from, from + 20).map((account) => openSocket(baseUrl, account)))),
    );
  }
  await Promise.all(
    accounts.map(async (account, i) => {
      await startTime(load, i, accounts.length);
      await socketTurn(baseUrl, account, sockets[i]!, load, result);
    }),
  );
  sockets.forEach((socket) => socket.disconnect());
  return result;
}

export type BenchSocket = Socket<ServerSocketEvents, ClientSocketEvents>;

export async function openSocket(baseUrl: string, { token }: Account): Promise<BenchSocket> {
  const socket: BenchSocket = io(baseUrl, {
    path: SOCKET_PATH,
    transports: ['websocket'],
    auth: { token },
    forceNew: true,
  });
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('connect_error', reject));
  return socket;
}

async function socketTurn(
  baseUrl: string,
  account: Account,
  socket: BenchSocket,
  load: Load,
  result: LoadResult,
): Promise<void> {
  const body = newTurn(load.model, `Hello from ${account.name}`, socket.id ?? 'bench');
  const answer = new Answer(Date.now(), result);
  const ended = new Promise<void>((resolve) => {
    const listen = ({ message_id, data }: SocketEvent) => {
      if (message_id !== body.id) return;
      if (data.type === 'response:completion' && 'type' in data.data) return answer.take(data.data.delta);
      if (data.type !== 'chat:completion' || !('done' in data.data)) return;
      socket.off(SOCKET_EVENT, listen);
      resolve();
    };
    socket.on(SOCKET_EVENT, listen);
  });
  await sendTurn(baseUrl, account, body);
  await ended;
  if (answer.tokens === load.tokens) result.complete += 1;
}

/** Each account calls the OpenAI-compatible route and reads the answer as server-sent events. */
export async function sseLoad(baseUrl: string, accounts: Account[], load: Load): Promise<LoadResult> {
  const result = fresh();
  const agent = new Agent({ connections: accounts.length, bodyTimeout: 0 });
  await Promise.all(
    accounts.map(async (account, i) => {
      await startTime(load, i, accounts.length);
      const answer = await completion(
        baseUrl + routes.completions.create.path,
        { model: load.model, prompt: `Hello from ${account.name}`, token: account.token },
        agent,
        result,
      );
      if (answer.tokens === load.tokens) result.complete += 1;
    }),
  );
  await agent.close();
  return result;
}

/** The provider alone, called like Perennial calls it: its own time to first token. */
export async function providerLoad(url: string, count: number, load: Load): Promise<LoadResult> {
  const result = fresh();
  const agent = new Agent({ connections: count });
  await Promise.all(
    Array.from({ length: count }, async (_, i) => {
      await startTime(load, i, count);
      await completion(`${url}/v1/chat/completions`, { model: load.model, prompt: `Hello ${i}` }, agent, result);
    }),
  );
  await agent.close();
  return result;
}

async function completion(
  url: string,
  ask: { model: string; prompt: string; token?: string },
  agent: Agent,
  result: LoadResult,
): Promise<Answer> {
  const answer = new Answer(Date.now(), result);
  const reply = await request(url, {
    method: 'POST',
    dispatcher: agent,
    headers: { 'content-type': 'application/json', ...(ask.token ? { authorization: `Bearer ${ask.token}` } : {}) },
    body: JSON.stringify({ model: ask.model, stream: true, messages: [{ role: 'user', content: ask.prompt }] }),
  });
  if (reply.statusCode !== 200)
    throw new Error(`a completion was answered ${reply.statusCode}: ${await reply.body.text()}`);
  const parser = createParser({
    onEvent: ({ data }) => {
      if (data === '[DONE]') return;
      const chunk = JSON.parse(data) as { choices: { delta?: { content?: string } }[] };
      const text = chunk.choices[0]?.delta?.content;
      if (text) answer.take(text);
    },
  });
  const decoder = new TextDecoder();
  for await (const bytes of reply.body) parser.feed(decoder.decode(bytes as Uint8Array, { stream: true }));
  return answer;
}
