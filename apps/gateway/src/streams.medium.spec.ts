import { randomUUID } from 'node:crypto';
import type { Socket as NetSocket } from 'node:net';
import { freshPrefix, redisUrl } from '@perennial/testing';
import type { RunStreamSubscriber } from '@perennial/transport';
import type { Server } from 'socket.io';
import type { Socket } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type LiveGateway, startGateway } from '../test/live-gateway';
import { connectPage, connectSocket, readEvents } from '../test/readers';
import { type Services, startServices } from '../test/services';
import { RUN_STREAM_SUBSCRIBER } from './features/runs/run-stream-subscriber';
import { SocketServer } from './features/sockets/socket-server';

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The connection of a socket. */
function connectionOf(socket: Socket): NetSocket {
  const { transport } = socket.io.engine as unknown as { transport: { ws: { _socket: NetSocket } } };
  return transport.ws._socket;
}

const bytesReadBy = (socket: Socket): number => connectionOf(socket).bytesRead;

/** Bytes that a gateway keeps for a socket, as the kernel has not taken them. */
function keptFor({ app }: LiveGateway, id: string | undefined): number {
  const { io } = app.get(SocketServer) as unknown as { io: Server };
  const { conn } = io.sockets.sockets.get(id ?? '') as unknown as { conn: EngineSocket };
  const waiting = conn.writeBuffer.reduce((bytes, { data }) => bytes + data.length, 0);
  return waiting + conn.request.socket.writableLength;
}

/** What Engine.IO has of a socket. */
interface EngineSocket {
  writeBuffer: { data: string }[];
  request: { socket: NetSocket };
}

/**
 * Real: Redis, the transport, two gateways with their sockets and streams. Not real: auth and chat, which the test controls.
 */
describe('readers of a run', () => {
  let services: Services;
  let gateways: [LiveGateway, LiveGateway];
  beforeAll(async () => {
    const prefix = freshPrefix('gateway');
    services = await startServices(redisUrl(), prefix);
    gateways = [await startGateway(redisUrl(), prefix), await startGateway(redisUrl(), prefix)];
  });
  afterAll(async () => {
    for (const gateway of gateways ?? []) await gateway.drain();
    await services?.close();
  });

  const eventsUrl = (gateway: LiveGateway, runId: string) => `${gateway.url}/api/v1/runs/${runId}/events`;
  const write = async (writer: { append(text: string): void }, words: number, everyMs: number) => {
    for (let index = 0; index < words; index += 1) {
      writer.append(` w${index}`);
      await sleep(everyMs);
    }
  };

  it('a stream continues at any gateway from its cursor, without a gap or a repetition', async () => {
    const { user, token } = services.account();
    const writer = await services.begin(user.id);
    const writing = write(writer, 120, 10);
    let shown = '';
    let cursor: string | undefined;
    for (let leg = 0; leg < 5; leg += 1) {
      const reader = await readEvents(eventsUrl(gateways[leg % 2]!, writer.identity.runId), token, cursor);
      expect(reader.status).toBe(200);
      reader.text = shown;
      await sleep(180);
      reader.close();
      for (const { event, data } of reader.events) {
        expect(event).toBe('delta');
        expect(JSON.parse(data)).toMatchObject({ generation: 1, offset: shown.length });
        shown += (JSON.parse(data) as { text: string }).text;
      }
      cursor = reader.events.at(-1)?.id ?? cursor;
      expect(cursor).toBe(`1.1.${shown.length}`);
    }
    await writing;
    await services.end(writer);
    const last = await readEvents(eventsUrl(gateways[1], writer.identity.runId), token, cursor);
    expect(await last.ended).toBe('end');
    expect(last.events.at(-1)).toMatchObject({ event: 'end', id: `1.1.${writer.text.length}` });
    expect(last.events.filter(({ event }) => event === 'end')).toHaveLength(1);
    shown += last.events
      .filter(({ event }) => event === 'delta')
      .map(({ data }) => (JSON.parse(data) as { text: string }).text)
      .join('');
    expect(shown).toBe(writer.text);
  });

  it('an invalid cursor gets the whole text again', async () => {
    const { user, token } = services.account();
    const writer = await services.begin(user.id);
    writer.append('the first text');
    await writer.flush();
    writer.restart();
    writer.append('another');
    await writer.flush();
    const reader = await readEvents(eventsUrl(gateways[0], writer.identity.runId), token, '1.1.9');
    await expect.poll(() => reader.text).toBe('another');
    expect(reader.events[0]).toMatchObject({ event: 'reset' });
    await services.end(writer);
    expect(await reader.ended).toBe('end');
  });

  it('another user sees nothing', async () => {
    const owner = services.account();
    const other = services.account();
    const writer = await services.begin(owner.user.id);
    const reader = await readEvents(eventsUrl(gateways[0], writer.identity.runId), other.token);
    expect(reader.status).toBe(404);
    const { socket, events } = await connectSocket(gateways[0].url, other.token);
    writer.append('secret');
    await sleep(300);
    expect(events).toEqual([]);
    socket.close();
    await services.end(writer);
  });

  it('sockets at both gateways get every delta in order; one that joins later gets the text so far first', async () => {
    const { user, token } = services.account();
    const early = [await connectSocket(gateways[0].url, token), await connectSocket(gateways[1].url, token)];
    await sleep(300);
    const writer = await services.begin(user.id);
    const { chatId = '', messageId = '' } = writer.identity;
    const writing = write(writer, 80, 10);
    await sleep(300);
    const late = await connectSocket(gateways[1].url, token);
    expect(await late.socket.emitWithAck('events:chat', { chat_id: chatId, data: { type: 'join' } })).toBe(true);
    await writing;
    await services.end(writer);
    for (const reader of [...early, late]) {
      await expect.poll(() => reader.events.at(-1)?.data.type).toBe('chat:active');
      expect(reader.textOf(messageId).text).toBe(writer.text);
    }
    for (const reader of early) {
      expect(reader.textOf(messageId).gapless).toBe(true);
      expect(reader.events[0]?.data).toMatchObject({
        type: 'response:completion',
        data: { choices: [{ delta: { role: 'assistant' } }] },
      });
    }
    const presence = late.events.findIndex(({ data }) => data.type === 'chat:presence');
    // A socket of a user with others begins with the text so far, and gets it again when its page joins the chat.
    const [first = 0, whole = 0] = late.events.flatMap(({ data }, at) =>
      data.type === 'chat:completion' && 'output' in data.data && !('done' in data.data) ? [at] : [],
    );
    expect(presence).toBeGreaterThan(first);
    expect(whole).toBeGreaterThan(presence);
    const afterWhole = late.events.slice(whole).filter(({ message_id }) => message_id === messageId);
    expect(afterWhole.length).toBeGreaterThan(5);
    for (const { socket } of [...early, late]) socket.close();
  });

  it('our own page reads its answers over its socket: each text once, at any gateway from the cursor, and little more than the text', async () => {
    const { user, token } = services.account();
    const writers = [await services.begin(user.id), await services.begin(user.id)];
    const runIds = writers.map(({ identity }) => identity.runId);
    const other = await connectSocket(gateways[0].url, token);
    const stream = await readEvents(eventsUrl(gateways[0], runIds[0]!), token);
    const first = await connectPage(gateways[0].url, token);
    expect(await Promise.all(runIds.map((runId, line) => first.follow(line, runId)))).toEqual([true, true]);
    const bytesOf = () => [bytesReadBy(other.socket), stream.response.socket.bytesRead, bytesReadBy(first.socket)];
    const before = bytesOf();
    await Promise.all(writers.map((writer) => write(writer, 60, 10)));
    const shown = (line: number) => first.lines.get(line)?.text;
    await expect.poll(() => [shown(0), shown(1)]).toEqual(writers.map(({ text }) => text));
    await expect
      .poll(() => [stream.text, other.textOf(writers[1]!.identity.messageId ?? '').text])
      .toEqual([writers[0]!.text, writers[1]!.text]);
    const [all = 0, streamed = 0, asked = 0] = bytesOf().map((bytes, at) => bytes - before[at]!);
    expect(first.lines.get(0)!.offsets.length).toBeGreaterThan(5);
    expect(asked).toBeLessThan((all + streamed) / 5);

    // Another gateway, as after the death of the first one.
    first.socket.close();
    const second = await connectPage(gateways[1].url, token);
    for (const writer of writers) writer.append(' and the rest');
    const cursors = runIds.map((_, line) => first.lines.get(line)?.cursor);
    await Promise.all(runIds.map((runId, line) => second.follow(line + 7, runId, cursors[line])));
    for (const writer of writers) await services.end(writer);
    for (const [nth, { text }] of writers.entries()) {
      const line = nth + 7;
      await expect.poll(() => second.lines.get(line)?.end).toMatchObject({ state: 'completed', length: text.length });
      // The text that the first socket brought is not sent again.
      expect(second.lines.get(line)).toMatchObject({ text: ' and the rest', offsets: [text.length - 13] });
    }
    const types = [...first.events, ...second.events].map(({ data }) => data.type);
    expect(new Set(types)).toEqual(new Set(['chat:active']));
    for (const { socket } of [other, second]) socket.close();
    stream.close();
  });

  it('a page gets no answer of another user, no more than it may show at once, and none that it has left', async () => {
    const owner = services.account();
    const writer = await services.begin(owner.user.id);
    const { runId } = writer.identity;
    const stranger = await connectPage(gateways[0].url, services.account().token);
    const anonymous = await connectPage(gateways[0].url, 'nonsense');
    const page = await connectPage(gateways[0].url, owner.token);
    const told: unknown[] = [];
    anonymous.socket.onAny((event) => told.push(event));
    await Promise.all([stranger.ready, page.ready]);
    // An answer that is not there, or another's, is not asked for again.
    expect(await stranger.followed(1, runId)).toEqual([false, true]);
    expect(await page.followed(1, randomUUID())).toEqual([false, true]);
    expect(await anonymous.followed(1, runId)).toEqual([false]);
    for (const message of ['nonsense', null, { line: 1 }, { line: -1, run_id: runId }, { line: 1, run_id: 'x' }])
      expect(await page.socket.emitWithAck('run:follow', message)).toBe(false);
    const lines = Array.from({ length: 20 }, (_, line) => line);
    const accepted = await Promise.all(lines.map((line) => page.follow(line, runId)));
    expect(accepted.filter(Boolean)).toHaveLength(16);
    expect(await page.follow(3, runId)).toBe(false);
    page.socket.emit('run:leave', 'nonsense');
    for (const line of lines.slice(1)) page.socket.emit('run:leave', line);
    expect(await page.follow(20, runId, '1.1.nonsense')).toBe(true);
    writer.append('heard');
    await services.end(writer);
    await expect.poll(() => [...page.lines].filter(([, { end }]) => end).map(([line]) => line)).toEqual([0, 20]);
    expect([...page.lines.keys()]).toEqual([0, 20]);
    expect([stranger.lines.size, anonymous.lines.size, told]).toEqual([0, 0, []]);
    for (const { socket } of [stranger, anonymous, page]) socket.close();
  });

  it('a page that does not read is not sent more, however often it asks, and has all when it reads again', async () => {
    const { user, token } = services.account();
    const writer = await services.begin(user.id);
    writer.append('0123456789'.repeat(50_000));
    await writer.flush();
    const { runId } = writer.identity;
    const page = await connectPage(gateways[0].url, token);
    expect(await page.follow(0, runId)).toBe(true);
    await expect.poll(() => page.lines.get(0)?.text.length, { timeout: 10_000 }).toBe(writer.text.length);
    const connection = connectionOf(page.socket);
    connection.pause();
    const asked = 40;
    let most = 0;
    for (let line = 1; line <= asked; line += 1) {
      page.socket.emit('run:follow', { line, run_id: runId });
      // Written after the answer was asked for, and heard by chat after it was followed.
      const chat_id = randomUUID();
      page.socket.emit('events:chat', { chat_id, data: { type: 'last_read_at' } });
      await expect.poll(() => services.world.read, { interval: 5 }).toContain(chat_id);
      most = Math.max(most, keptFor(gateways[0], page.socket.id));
      if (line > 1) page.socket.emit('run:leave', line - 1);
    }
    expect(most).toBeLessThan(2 * writer.text.length);
    connection.resume();
    writer.append(' and the rest');
    await services.end(writer);
    await expect
      .poll(() => page.lines.get(asked)?.end, { timeout: 10_000 })
      .toMatchObject({ length: writer.text.length });
    expect(page.lines.get(asked)?.text).toBe(writer.text);
    page.socket.close();
  });

  it('a page that asks for an answer that cannot be read keeps its socket, and reads its others', async () => {
    const { user, token } = services.account();
    const writer = await services.begin(user.id);
    writer.append('heard');
    const page = await connectPage(gateways[0].url, token);
    const subscriber = gateways[0].app.get<RunStreamSubscriber>(RUN_STREAM_SUBSCRIBER);
    const reading = vi.spyOn(subscriber, 'snapshot').mockRejectedValueOnce(new Error('reply breaks its schema'));
    expect(await page.follow(0, writer.identity.runId)).toBe(false);
    expect(await page.follow(0, writer.identity.runId)).toBe(true);
    await expect.poll(() => page.lines.get(0)?.text).toBe('heard');
    reading.mockRestore();
    page.socket.close();
    await services.end(writer);
  });

  it('a request for the tasks of a chat sends the text so far to the user’s sockets, also at the other gateway', async () => {
    const { user, token } = services.account();
    const reader = await connectSocket(gateways[0].url, token);
    const writer = await services.begin(user.id);
    const { chatId = '', messageId = '', runId } = writer.identity;
    writer.append('so far');
    await expect.poll(() => reader.textOf(messageId).text).toBe('so far');
    for (const gateway of gateways) {
      const before = reader.events.length;
      const reply = await fetch(`${gateway.url}/api/tasks/chat/${chatId}`, {
        headers: { authorization: `Bearer ${token}` },
      });
      expect(await reply.json()).toEqual({ task_ids: [runId] });
      await expect.poll(() => reader.events.length).toBeGreaterThan(before);
      expect(reader.events.at(-1)?.data).toMatchObject({ type: 'chat:completion', data: { generation: 1, offset: 6 } });
    }
    reader.socket.close();
    await services.end(writer);
  });

  it('a socket may sign in later, and read chats', async () => {
    const { user, token } = services.account();
    const reader = await connectSocket(gateways[0].url, undefined);
    const chat_id = randomUUID();
    expect(await reader.socket.emitWithAck('events:chat', { chat_id, data: { type: 'join' } })).toBe(false);
    expect(await reader.socket.emitWithAck('user-join', { auth: { token: 'nonsense' } })).toBeNull();
    expect(await reader.socket.emitWithAck('user-join', { auth: { token } })).toEqual({ id: user.id, name: user.name });
    expect(await reader.socket.emitWithAck('events:chat', { chat_id, data: { type: 'last_read_at' } })).toBe(true);
    expect(services.world.read).toContain(chat_id);
    reader.socket.emit('heartbeat', {});
    reader.socket.emit('usage', { action: 'chat', model: 'm', chat_id });
    reader.socket.emit('events:chat', 'nonsense');
    const writer = await services.begin(user.id);
    writer.append('heard');
    await expect.poll(() => reader.textOf(writer.identity.messageId ?? '').text).toBe('heard');
    reader.socket.close();
    await services.end(writer);
  });

  it('neither one user nor anonymous clients can take all sockets', async () => {
    const prefix = freshPrefix('gateway-bounds');
    const gateway = await startGateway(redisUrl(), prefix, { MAX_SOCKETS: '16', MAX_SOCKETS_PER_USER: '2' });
    const within = await startServices(redisUrl(), prefix);
    const { token } = within.account();
    const ended = (socket: { once(event: 'disconnect', listener: (why: string) => void): unknown }) =>
      new Promise<string>((resolve) => socket.once('disconnect', resolve));
    const mine = [await connectSocket(gateway.url, token), await connectSocket(gateway.url, token)];
    for (const { socket } of mine) await socket.emitWithAck('user-join', { auth: { token } });
    const third = await connectSocket(gateway.url, undefined);
    const refused = ended(third.socket);
    third.socket.emit('user-join', { auth: { token } });
    expect(await refused).toBe('io server disconnect');

    const strangers = [await connectSocket(gateway.url, undefined), await connectSocket(gateway.url, undefined)];
    const oldest = ended(strangers[0]!.socket);
    const another = await connectSocket(gateway.url, undefined);
    expect(await oldest).toMatch(/transport close/);
    expect([...mine, strangers[1]!, another].map(({ socket }) => socket.connected)).toEqual([true, true, true, true]);
    for (const { socket } of [...mine, ...strangers, another]) socket.close();
    await gateway.drain();
    await within.close();
  });

  it('pages of other origins may not open a socket', async () => {
    await expect(
      connectSocket(gateways[0].url, services.account().token, { origin: 'https://evil.example' }),
    ).rejects.toThrow();
    const { socket } = await connectSocket(gateways[0].url, undefined, { origin: gateways[0].url });
    socket.close();
  });

  it.each([
    ['told', true],
    ['found by looking', false],
  ])('a revocation (%s) ends sockets and streams', async (_, tell) => {
    const { user, token } = services.account();
    const writer = await services.begin(user.id);
    writer.append('x');
    const stream = await readEvents(eventsUrl(gateways[0], writer.identity.runId), token);
    const { socket } = await connectSocket(gateways[1].url, token);
    const gone = new Promise((resolve) => socket.once('disconnect', resolve));
    await services.revoke(user.id, tell);
    expect(await gone).toBe('io server disconnect');
    expect(await stream.ended).toBe('cut');
    const reply = await fetch(eventsUrl(gateways[0], writer.identity.runId), {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(reply.status).toBe(401);
    await services.end(writer);
  });

  it('a reader that stops reading costs a cursor, and gets the whole text when it reads again', async () => {
    const { user, token } = services.account();
    const writer = await services.begin(user.id);
    const sockets = new Set<{ writableLength: number }>();
    gateways[0].app.getHttpServer().on('connection', (socket: { writableLength: number }) => sockets.add(socket));
    writer.append('start');
    const reader = await readEvents(eventsUrl(gateways[0], writer.identity.runId), token);
    reader.response.pause();
    let most = 0;
    for (let index = 0; index < 150; index += 1) {
      writer.append('0123456789abcdef'.repeat(4_096));
      await sleep(12);
      most = Math.max(most, ...[...sockets].map(({ writableLength }) => writableLength));
    }
    // The most that one event adds to what the kernel refused; the text is many times as long.
    expect(most).toBeLessThan(writer.text.length / 4);
    reader.response.resume();
    await services.end(writer);
    expect(await reader.ended).toBe('end');
    expect(reader.text).toBe(writer.text);
  });

  it('a leaving gateway ends streams without a last event, and disconnects sockets so that they reconnect', async () => {
    const { user, token } = services.account();
    const writer = await services.begin(user.id);
    writer.append('half');
    const stream = await readEvents(eventsUrl(gateways[1], writer.identity.runId), token);
    const { socket } = await connectSocket(gateways[1].url, token);
    await expect.poll(() => stream.text).toBe('half');
    const gone = new Promise((resolve) => socket.once('disconnect', resolve));
    await gateways[1].drain();
    expect(await gone).toBe('transport close');
    expect(await stream.ended).toBe('end');
    expect(stream.events.every(({ event }) => event === 'delta')).toBe(true);
    writer.append(' and the rest');
    await services.end(writer);
    const rest = await readEvents(eventsUrl(gateways[0], writer.identity.runId), token, stream.events.at(-1)?.id);
    await rest.ended;
    expect(rest.events[0]).toMatchObject({ event: 'delta' });
    expect(JSON.parse(rest.events[0]?.data ?? '')).toMatchObject({ offset: 4, text: ' and the rest' });
  });
});
