import { Inject, Injectable } from '@nestjs/common';
import { chats } from '@perennial/contracts-chat';
import { CallError } from '@perennial/contracts-kernel';
import { Runtime } from '@perennial/runtime';
import { Rpc, type RunStreamSubscriber } from '@perennial/transport';
import type { Socket } from 'socket.io';
import { z } from 'zod';
import { GATEWAY_ENV, type GatewayEnv } from '../../env';
import { connectionFailures, guarded } from '../../http/guarded';
import { isUuid } from '../../http/hidden';
import { soon } from '../../http/soon';
import { sessionCookies } from '../../http/token';
import { Problem } from '../../problem';
import type { Caller } from '../../sessions/caller';
import { SessionConnections } from '../../sessions/session-connections';
import { Sessions } from '../../sessions/sessions';
import { RUN_STREAM_SUBSCRIBER } from '../runs/run-stream-subscriber';
import { CatchUp } from './catch-up';
import { LiveSocket } from './live-socket';
import { READY_PACKET, toPacket } from './packets';
import { RunLines } from './run-lines';
import { SocketAdmission } from './socket-admission';
import { SocketUsers } from './socket-users';

const UserJoin = z.object({ auth: z.object({ token: z.string().max(10_000) }) });
const ChatEvent = z.object({ chat_id: z.string().max(200), data: z.object({ type: z.string().max(100) }) });

/** State of a signed-in socket. */
interface Membership {
  caller: Caller;
  lines: RunLines;
  leave: () => void;
}

/** The session of each socket, and its events. A socket without a valid token stays open and receives nothing. */
@Injectable()
export class SocketSessions {
  private readonly sockets = new Map<LiveSocket, Membership | undefined>();
  private readonly failed: (event: string, error: unknown) => void;

  constructor(
    @Inject(GATEWAY_ENV) private readonly env: GatewayEnv,
    private readonly runtime: Runtime,
    private readonly sessions: Sessions,
    private readonly connections: SessionConnections,
    private readonly users: SocketUsers,
    private readonly catchUp: CatchUp,
    private readonly rpc: Rpc,
    private readonly admission: SocketAdmission,
    @Inject(RUN_STREAM_SUBSCRIBER) private readonly subscriber: RunStreamSubscriber,
  ) {
    this.failed = connectionFailures(runtime);
  }

  async open(socket: Socket): Promise<void> {
    if (!this.admission.admitSocket(socket.conn)) return socket.conn.close();
    const live = new LiveSocket(socket, this.env.SOCKET_BUFFER_BYTES);
    this.sockets.set(live, undefined);
    let joined: Promise<unknown> | undefined;
    this.listen(live, 'disconnect', () => {
      this.sockets.get(live)?.leave();
      this.sockets.delete(live);
    });
    this.listen(live, 'user-join', async (message, ack) => {
      const parsed = UserJoin.safeParse(message);
      answer(ack, live.mayEmit() && parsed.success ? await this.join(live, [parsed.data.auth.token]) : null);
    });
    this.listen(live, 'events:chat', async (message, ack) => {
      const parsed = ChatEvent.safeParse(message);
      answer(ack, live.mayEmit() && parsed.success && (await this.chatEvent(live, parsed.data)));
    });
    this.listen(live, 'run:follow', async (message, ack) => {
      const allowed = live.mayEmit();
      // A client may ask as soon as it is connected.
      await joined;
      const lines = allowed ? this.sockets.get(live)?.lines : undefined;
      if (!lines) return answer(ack, false);
      // An answer that cannot be read does not cost its page the others.
      await lines
        .follow(message, (...reply) => answer(ack, ...reply))
        .catch((error: unknown) => this.unexpected(error));
    });
    this.listen(live, 'run:leave', (line) => this.sockets.get(live)?.lines.leave(line as number));
    const tokens = this.handshakeTokens(socket);
    if (tokens.length > 0) await (joined = this.join(live, tokens));
  }

  /** An error of a listener only costs its own socket. */
  private listen(live: LiveSocket, event: string, listener: (...args: unknown[]) => unknown): void {
    const onError = (error: unknown): void => {
      this.failed(event, error);
      live.cut();
    };
    live.socket.on(event, guarded(listener, onError));
  }

  /** This replica is leaving: every page connects to another one. If there is time, they are spread over it. */
  sendAway(withinMs = 0): void {
    for (const live of [...this.sockets.keys()]) soon(withinMs, () => live.goAway());
  }

  private async join(live: LiveSocket, tokens: readonly string[]): Promise<{ id: string; name: string } | null> {
    try {
      const caller = await this.sessions.authenticateAny(tokens);
      if (!this.sockets.has(live)) return null;
      const current = this.sockets.get(live);
      if (current?.caller.token !== caller.token && caller.user.role !== 'pending') {
        current?.leave();
        this.sockets.set(live, undefined);
        if (this.users.countOf(caller.user.id) >= this.env.MAX_SOCKETS_PER_USER) {
          live.end();
          return null;
        }
        this.sockets.set(live, this.enter(live, caller));
        if (!live.takesText) live.send(READY_PACKET);
        this.admission.signedIn(live.socket.conn);
      }
      return { id: caller.user.id, name: caller.user.name };
    } catch (error) {
      // Auth is unavailable: a page retries when it is disconnected, but not when it is merely not signed in.
      if (error instanceof CallError) live.cut();
      else if (!(error instanceof Problem)) this.unexpected(error);
      return null;
    }
  }

  private enter(live: LiveSocket, caller: Caller): Membership {
    const forget = this.connections.add({ claims: caller.claims, end: () => live.end() });
    const remove = this.users.add(caller.user.id, live);
    const lines = new RunLines(caller.user.id, live, this.subscriber);
    return {
      caller,
      lines,
      leave: () => {
        forget();
        remove();
        lines.close();
      },
    };
  }

  private async chatEvent(live: LiveSocket, { chat_id: chatId, data }: z.output<typeof ChatEvent>): Promise<boolean> {
    const caller = this.sockets.get(live)?.caller;
    if (caller === undefined || !isUuid(chatId)) return false;
    try {
      if (data.type === 'join') await this.joinChat(live, caller, chatId);
      else if (data.type === 'last_read_at')
        await this.rpc.call(chats.markRead, { chatId }, { principal: caller.principal });
      return true;
    } catch (error) {
      if (!(error instanceof CallError)) this.unexpected(error);
      return false;
    }
  }

  private async joinChat(live: LiveSocket, { user, principal }: Caller, chatId: string): Promise<void> {
    const runs = await this.catchUp.activeRuns(chatId, principal);
    const runIds = runs.map(({ runId }) => runId);
    const users = [{ id: user.id, name: user.name }];
    live.send(toPacket({ chat_id: chatId, data: { type: 'chat:presence', data: { users } } }));
    await this.catchUp.send(runIds, (packet) => live.send(packet));
  }

  /** The token of the handshake, or those of the cookies if they are accepted. */
  private handshakeTokens({ handshake, request }: Socket): string[] {
    const { token } = handshake.auth as { token?: unknown };
    if (typeof token === 'string' && token !== '') return [token];
    return this.admission.isOfOwnPage(request) ? sessionCookies(request.headers.cookie) : [];
  }

  private unexpected(error: unknown): void {
    this.runtime.logger('sockets').error({ err: error }, 'a socket event failed');
  }
}

function answer(ack: unknown, ...values: unknown[]): void {
  if (typeof ack === 'function') ack(...values);
}
