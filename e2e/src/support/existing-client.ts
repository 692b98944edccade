import { waitFor } from '@perennial/testing/servers';
import { io, type Socket } from 'socket.io-client';
import { http } from './http';

export interface HeardEvent {
  chat_id: string;
  message_id?: string;
  type: string;
  data: unknown;
  /** Of `chat:active`. */
  active?: boolean;
}

/**
 * A web client that was written for the wire, without our contracts: untyped calls with its token, one socket, and its events.
 */
export class ExistingClient {
  events: HeardEvent[] = [];
  private socket: Socket | undefined;

  token: string;

  constructor(
    private readonly baseUrl: string,
    token = '',
  ) {
    this.token = token;
  }

  get socketId(): string {
    return this.socket?.id ?? '';
  }

  /** Opens the socket like the page: with or without a token. */
  async connect(): Promise<void> {
    const socket = io(this.baseUrl, {
      path: '/ws/socket.io',
      transports: ['websocket'],
      auth: { token: this.token },
      forceNew: true,
      reconnection: false,
    });
    socket.on('events', (event: { chat_id: string; message_id?: string; data: { type: string; data: unknown } }) =>
      this.events.push({
        chat_id: event.chat_id,
        message_id: event.message_id,
        ...event.data,
        ...((event.data.data as { active?: boolean } | null)?.active === undefined
          ? {}
          : { active: (event.data.data as { active: boolean }).active }),
      }),
    );
    this.socket = socket;
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('connect_error', reject);
    });
  }

  disconnected(): Promise<void> {
    return new Promise((resolve) => this.socket?.once('disconnect', () => resolve()));
  }

  close(): void {
    this.socket?.disconnect();
  }

  /** Sends an event and returns its acknowledgement. */
  emit(name: string, message: object): Promise<unknown> {
    if (!this.socket) throw new Error('the socket is not open');
    return this.socket.timeout(10_000).emitWithAck(name, message);
  }

  forget(): void {
    this.events = [];
  }

  types(): string[] {
    return this.events.map(({ type }) => type);
  }

  last(type: string): HeardEvent | undefined {
    return this.events.findLast((event) => event.type === type);
  }

  /** Waits for such an event since the last `forget`. */
  async heard(matches: (event: HeardEvent) => boolean): Promise<void> {
    const what = () => `an event that matches ${matches.toString()}; heard ${[...new Set(this.types())].join(', ')}`;
    await waitFor(() => this.events.some(matches), { timeoutMs: 20_000, intervalMs: 20, what: what() });
  }

  get<T>(path: string): Promise<T> {
    return this.call<T>('GET', path);
  }

  post<T>(path: string, body: unknown): Promise<T> {
    return this.call<T>('POST', path, body);
  }

  delete<T>(path: string): Promise<T> {
    return this.call<T>('DELETE', path);
  }

  private async call<T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<T> {
    const reply = await http<T>(method, this.baseUrl + path, { token: this.token, body });
    if (reply.status !== 200)
      throw new Error(`${method} ${path} was answered ${reply.status}: ${JSON.stringify(reply.body)}`);
    return reply.body;
  }
}
