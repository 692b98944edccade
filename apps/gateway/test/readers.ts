import { type IncomingMessage, request } from 'node:http';
import type { SocketEvent } from '@perennial/contracts-gateway';
import type { RunEnd } from '@perennial/contracts-wire';
import { createParser } from 'eventsource-parser';
import { io, type Socket } from 'socket.io-client';

export interface SseReader {
  status: number;
  events: { id?: string; event?: string; data: string }[];
  /** Text as a conforming reader would show it. */
  text: string;
  response: IncomingMessage;
  /** How the connection ended: in order (`end`) or reset (`cut`). */
  ended: Promise<'end' | 'cut'>;
  close(): void;
}

/** Opens an event stream and applies its events, checking that each delta continues the last one. */
export function readEvents(url: string, token: string, cursor?: string): Promise<SseReader> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, ...(cursor === undefined ? {} : { 'last-event-id': cursor }) };
    const outgoing = request(url, { headers, agent: false }, (response) => {
      const reader: SseReader = {
        status: response.statusCode ?? 0,
        events: [],
        text: '',
        response,
        ended: new Promise((done) => {
          response.once('end', () => done('end'));
          response.once('close', () => done('cut'));
          response.once('error', () => done('cut'));
        }),
        close: () => outgoing.destroy(),
      };
      const parser = createParser({
        onEvent: ({ id, event, data }) => {
          reader.events.push({ id, event, data });
          if (event === undefined) return;
          const value = JSON.parse(data) as { offset: number; text: string };
          if (event === 'reset') reader.text = value.text;
          if (event === 'delta') reader.text = reader.text.slice(0, value.offset) + value.text;
        },
      });
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => parser.feed(chunk));
      resolve(reader);
    });
    outgoing.once('error', reject);
    outgoing.end();
  });
}

export interface SocketReader {
  socket: Socket;
  events: SocketEvent[];
  /** By message: the text that the socket received, and whether every delta continued the last one. */
  textOf(messageId: string): { text: string; gapless: boolean };
}

/** Connects a socket like the page. */
export async function connectSocket(
  url: string,
  token: string | undefined,
  extraHeaders: Record<string, string> = {},
): Promise<SocketReader> {
  const socket = openSocket(url, token === undefined ? {} : { token }, extraHeaders);
  const events: SocketEvent[] = [];
  socket.on('events', (event: SocketEvent) => events.push(event));
  await connected(socket);
  return { socket, events, textOf: (messageId) => textOf(events, messageId) };
}

export interface PageReader {
  socket: Socket;
  /** What came in `events`. */
  events: SocketEvent[];
  /** By line: the text as our page shows it, the cursor after it, the places at which pieces began, and the end. */
  lines: Map<number, { text: string; cursor: string; offsets: number[]; end?: RunEnd }>;
  /** Resolves when the gateway has said that the page may ask. */
  ready: Promise<void>;
  follow(line: number, runId: string, cursor?: string): Promise<boolean>;
  /** All that the gateway replies to it. */
  followed(line: number, runId: string): Promise<unknown[]>;
}

/** A socket like that of our own page, which asks for the answers that it shows. */
export async function connectPage(url: string, token: string): Promise<PageReader> {
  const socket = openSocket(url, { token, text: false });
  const events: SocketEvent[] = [];
  const lines: PageReader['lines'] = new Map();
  const of = (line: number) => lines.get(line) ?? { text: '', cursor: '', offsets: [] };
  socket.on('events', (event: SocketEvent) => events.push(event));
  socket.on('run', (line: number, cursor: string, text: string) => {
    const read = of(line);
    const offset = Number(cursor.split('.')[2]) - text.length;
    lines.set(line, { text: read.text.slice(0, offset) + text, cursor, offsets: [...read.offsets, offset] });
  });
  const ready = new Promise<void>((resolve) => socket.once('run:ready', resolve));
  socket.on('run:end', (line: number, end: RunEnd) => lines.set(line, { ...of(line), end }));
  await connected(socket);
  const follow = (line: number, run_id: string, cursor?: string) =>
    socket.emitWithAck('run:follow', { line, run_id, cursor }) as Promise<boolean>;
  const followed = (line: number, run_id: string) =>
    new Promise<unknown[]>((resolve) =>
      socket.emit('run:follow', { line, run_id }, (...reply: unknown[]) => resolve(reply)),
    );
  return { socket, events, lines, ready, follow, followed };
}

function openSocket(url: string, auth: object, extraHeaders: Record<string, string> = {}): Socket {
  return io(url, {
    path: '/ws/socket.io',
    transports: ['websocket'],
    auth,
    forceNew: true,
    reconnection: false,
    extraHeaders,
  });
}

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  });
}

function textOf(events: readonly SocketEvent[], messageId: string): { text: string; gapless: boolean } {
  let text = '';
  let gapless = true;
  for (const { message_id, data } of events) {
    if (message_id !== messageId) continue;
    const value = data.data as { output?: { content: { text?: string }[] }[]; offset?: number; delta?: string };
    if (data.type === 'chat:completion' && value.output !== undefined) text = value.output[0]?.content[0]?.text ?? '';
    if (data.type === 'response:completion' && typeof value.delta === 'string') {
      gapless &&= value.offset === text.length;
      text += value.delta;
    }
  }
  return { text, gapless };
}
