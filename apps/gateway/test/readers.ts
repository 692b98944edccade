import { type IncomingMessage, request } from 'node:http';
import type { SocketEvent } from '@perennial/contracts-gateway';
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
  const socket = io(url, {
    path: '/ws/socket.io',
    transports: ['websocket'],
    auth: token === undefined ? {} : { token },
    forceNew: true,
    reconnection: false,
    extraHeaders,
  });
  const events: SocketEvent[] = [];
  socket.on('events', (event: SocketEvent) => events.push(event));
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  });
  return { socket, events, textOf: (messageId) => textOf(events, messageId) };
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
