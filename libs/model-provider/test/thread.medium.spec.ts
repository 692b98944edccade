import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Worker } from 'node:worker_threads';
import { expectedText, startSimulator } from '@perennial/provider-simulator';
import { waitFor } from '@perennial/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StreamThreadError } from '../src';
import { unitsOf } from '../src/thread/outgoing';
import { type Batch, type Command, EVENT, newShared, SHARED } from '../src/thread/protocol';
import { collect, connectionTo, type Piece, user } from './collect';
import { buildThread, inThread, type Way } from './threads';

/** Real: the thread, built like a service's, and providers over sockets. */
let way: Way;
let told = 0;
const lost: { reason: string; answers: number }[] = [];
beforeAll(async () => {
  way = await inThread({
    onTold: () => (told += 1),
    onLost: (reason, answers) => lost.push({ reason, answers }),
  });
});
afterAll(() => way.close());

const hi = (model: string) => ({ model, messages: user('hi') });
const event = (content: string, finish_reason: string | null = null) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason }] })}\n\n`;

it('sends events of many answers in one message', async () => {
  const simulator = await startSimulator();
  const provider = way.provider(connectionTo(simulator.url, 'openai'));
  const model = 'sim-t90-r60-x';
  const answers = await Promise.all(Array.from({ length: 20 }, () => collect(provider, hi(model))));
  const whole = expectedText(model, 'hi', 90);
  expect(answers.map(({ text }) => text)).toEqual(answers.map(() => whole));
  expect(told).toBeLessThan((20 * 90) / 4);
  await simulator.close();
});

it('sends what it reads after a rest right then, not after the next one', async () => {
  const { script, remove } = await buildThread();
  const simulator = await startSimulator();
  const shared = newShared();
  shared[SHARED.restMs] = 20;
  const thread = new Worker(script, { workerData: shared });
  const begin = (id: number) => {
    const request = hi('sim-t300-r100-x');
    const connection = connectionTo(simulator.url, 'openai');
    const command: Command = { kind: 'stream', id, connection, timeouts: {}, request, raw: false, headers: {} };
    thread.postMessage(command);
    Atomics.add(shared, SHARED.commands, 1);
  };
  let [messages, ended] = [0, 0];
  await new Promise<void>((resolve) => {
    thread.on('message', (batch: Batch) => {
      messages += 1;
      Atomics.add(shared, SHARED.taken, unitsOf(batch));
      // A command ends a rest before its time: afterwards reading and sending must fall into step again.
      if (messages % 10 === 0 && messages <= 50) begin(messages);
      ended += batch.filter((value, at) => at % 3 === 1 && value === EVENT.end).length;
      if (ended === 6) resolve();
    });
    begin(1);
  });
  // A turn that only reads and a turn that only sends would be two for each message.
  expect(Atomics.load(shared, SHARED.turns) / messages).toBeLessThan(1.5);
  expect(messages).toBeGreaterThan(50);
  await thread.terminate();
  await simulator.close();
  await remove();
});

describe('an answer at which the thread', () => {
  let server: Server;
  const open = new Map<string, ServerResponse>();
  const ask = (model: string) => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return collect(way.provider(connectionTo(url, 'openai')), hi(model));
  };
  beforeAll(async () => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (part: Buffer) => (body += part.toString()));
      request.on('end', () => {
        response.write(event('begun'));
        open.set((JSON.parse(body) as { model: string }).model, response);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  it.each([
    ['stands still', 'STAND STILL', 'it stood still'],
    ['dies', 'DIE NOW', 'it exited'],
  ])(
    '%s is the suspect, the others are interrupted without blame, and a new thread reads the next',
    async (_, poison, reason) => {
      const answers = ['bystander', 'poison', 'other'].map(ask);
      await waitFor(() => open.size === 3);
      open.get('poison')!.write(event(poison));
      const errors = (await Promise.all(answers)).map(({ error }) => error as StreamThreadError);
      for (const error of errors) expect(error).toBeInstanceOf(StreamThreadError);
      expect(errors.map(({ isSuspect }) => isSuspect)).toEqual([false, true, false]);
      expect(lost.pop()).toEqual({ reason, answers: 3 });
      open.clear();
      const next = ask('next');
      await waitFor(() => open.has('next'));
      open.get('next')!.end(event(' and ended', 'stop'));
      expect(await next).toMatchObject({ text: 'begun and ended', end: { finishReason: 'stop' } });
      open.clear();
    },
  );
});

/** A separate server process that this one cannot block. It sends text without end. */
const FLOOD = `
const { parentPort } = require('node:worker_threads');
const piece = ${JSON.stringify(event('x'.repeat(1_000)))}.repeat(64);
require('node:http').createServer((request, response) => {
  const write = () => { while (response.write(piece)); };
  response.on('drain', write);
  request.resume().on('end', write);
}).listen(0, '127.0.0.1', function () { parentPort.postMessage(this.address().port); });
`;

it('stops reading while the process does not', async () => {
  const server = new Worker(FLOOD, { eval: true });
  const port = await new Promise((resolve) => server.once('message', resolve));
  const abort = new AbortController();
  let units = 0;
  const provider = way.provider(connectionTo(`http://127.0.0.1:${String(port)}`, 'openai'));
  const options = {
    signal: abort.signal,
    onPiece: (piece: Piece) => void ('text' in piece && (units += piece.text.length)),
  };
  const answer = collect(provider, hi('flood'), options);
  await waitFor(() => units > 0);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_500);
  const before = units;
  await new Promise((resolve) => setImmediate(resolve));
  expect(units - before).toBeGreaterThan(0);
  expect(units - before).toBeLessThan(2 * 1024 * 1024);
  abort.abort();
  expect((await answer).error).toMatchObject({ code: 'CANCELLED' });
  await server.terminate();
});
