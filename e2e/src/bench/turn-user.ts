import { routes, SOCKET_EVENT, type SocketEvent } from '@perennial/contracts-gateway';
import { type Agent, request } from 'undici';
import type { Account } from '../support/accounts';
import { newTurn } from '../support/turn';
import type { BenchSocket } from './load';

/** How a turn went. */
export interface TurnResult {
  /** HTTP status of the request; 0: it was not answered. */
  status: number;
  /** From the request to its reply. */
  acceptMs: number;
  /** From the request to the first token. */
  firstTokenMs?: number;
  completed: boolean;
}

interface Pending {
  sentAt: number;
  firstTokenMs?: number;
  settle(completed: boolean): void;
}

/** A signed-in page: sends turns, also many at once, and reads the answers on one socket. */
export class TurnUser {
  private readonly pending = new Map<string, Pending>();

  constructor(
    private readonly baseUrl: string,
    private readonly account: Account,
    private readonly socket: BenchSocket,
    private readonly agent: Agent,
    private readonly model: string,
  ) {
    socket.on(SOCKET_EVENT, (event) => this.take(event));
  }

  /** Sends one turn, without a retry; resolves when its answer has ended or it was refused. */
  async turn(): Promise<TurnResult> {
    const body = newTurn(this.model, 'Hello', this.socket.id ?? 'bench');
    let settle: Pending['settle'] = () => undefined;
    const ended = new Promise<boolean>((resolve) => (settle = resolve));
    const pending: Pending = { sentAt: Date.now(), settle };
    this.pending.set(body.id, pending);
    const status = await this.send(body).catch(() => 0);
    const acceptMs = Date.now() - pending.sentAt;
    const completed = status === 200 && (await ended);
    this.pending.delete(body.id);
    const { firstTokenMs } = pending;
    return { status, acceptMs, completed, ...(firstTokenMs !== undefined && { firstTokenMs }) };
  }

  close(): void {
    this.socket.disconnect();
  }

  private async send(body: unknown): Promise<number> {
    const reply = await request(this.baseUrl + routes.completions.sendTurn.path, {
      method: 'POST',
      dispatcher: this.agent,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${this.account.token}` },
      body: JSON.stringify(body),
    });
    await reply.body.dump();
    return reply.statusCode;
  }

  private take({ message_id: messageId, data }: SocketEvent): void {
    const pending = messageId === undefined ? undefined : this.pending.get(messageId);
    if (!pending) return;
    if (data.type === 'response:completion' && 'type' in data.data)
      pending.firstTokenMs ??= Date.now() - pending.sentAt;
    else if (data.type === 'chat:completion' && 'done' in data.data) pending.settle(true);
    else if (data.type === 'chat:message:error' || data.type === 'chat:tasks:cancel') pending.settle(false);
  }
}
