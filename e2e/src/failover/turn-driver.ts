import { setTimeout as sleep } from 'node:timers/promises';
import { routes } from '@perennial/contracts-gateway';
import type { Chat } from '@perennial/contracts-wire';
import { expectedText, promptDigest, type Simulator } from '@perennial/provider-simulator';
import type { Account } from '../support/accounts';
import { httpUntilAnswered, type OnFailedRequest } from '../support/http';
import type { ReaderEvent } from '../support/reader-event';
import { SocketReader } from '../support/socket-reader';
import { readRun } from '../support/sse-reader';
import { newTurn, sendTurn } from '../support/turn';
import type { Moment } from './chaos';
import { isSettled } from './checker';
import type { TurnHistory } from './history';
import type { Owners } from './owners';

const TOKENS = 240;
const RATE = 30;
export const UPSTREAM = `sim-t${TOKENS}-r${RATE}-x`;
export const CONTINUING_PREFIX = 'cont';
/** Ids of that model in the system: at a provider that starts again, and at one that continues a text. */
const MODELS = [UPSTREAM, `${CONTINUING_PREFIX}.${UPSTREAM}`];
const TURN_LIMIT_MS = 120_000;
/** Sockets and streams get the end independently; a disconnected socket has reconnected by then. */
const SOCKET_END_MS = 15_000;

/**
 * One user with one socket who sends turn after turn, reads each answer twice (socket and SSE) and records the events.
 */
export class TurnDriver {
  private readonly socket: SocketReader;

  constructor(
    private readonly baseUrl: string,
    private readonly account: Account,
    private readonly reached: (moment: Moment, runId: string) => void,
    private readonly onFailed: OnFailedRequest,
    /** `rejectUnauthorized: false`: the server's certificate is self-signed. */
    tls: { rejectUnauthorized?: boolean } = {},
  ) {
    this.socket = new SocketReader(baseUrl, account.token, tls);
  }

  connected(): Promise<void> {
    return this.socket.connected();
  }

  /** Turns alternate between a provider that starts again and one that continues a text (`CONTINUING_PREFIX`). */
  modelOf(turn: number): string {
    return MODELS[turn % MODELS.length] as string;
  }

  async play(turn: number): Promise<TurnHistory & { digest: string }> {
    const model = this.modelOf(turn);
    const prompt = `turn ${turn} of ${this.account.id}`;
    const history = {
      turn,
      readers: [
        { via: 'sse' as const, events: [] as ReaderEvent[] },
        { via: 'socket' as const, events: [] as ReaderEvent[] },
      ],
      providerCalls: 0,
      ownerLosses: 0,
      expectedText: expectedText(UPSTREAM, prompt, TOKENS),
      digest: promptDigest(prompt),
    };
    const body = newTurn(model, prompt, this.socket.sessionId);
    const [viaSse, viaSocket] = history.readers as [TurnHistory['readers'][0], TurnHistory['readers'][0]];
    // Watched until everything is over, to record a second end.
    this.socket.watch(body.id, (event) => viaSocket.events.push(event));
    const sent = await sendTurn(this.baseUrl, this.account, body, this.onFailed);
    this.reached('accepted', sent.runId);
    this.socket.show(sent.messageId, sent.chatId);
    await this.read(sent.runId, history.expectedText.length, viaSse.events);
    const settledBy = Date.now() + SOCKET_END_MS;
    while (!isSettled(viaSocket.events) && Date.now() < settledBy) await sleep(50);
    this.socket.hide(body.id);
    return { ...history, accepted: { at: Date.now(), ...sent } };
  }

  close(): void {
    this.socket.close();
  }

  private async read(runId: string, length: number, events: ReaderEvent[]): Promise<void> {
    let first = true;
    let near = true;
    await readRun(
      this.baseUrl,
      this.account.token,
      runId,
      (event) => {
        events.push(event);
        if (event.kind !== 'delta') return;
        if (first) this.reached('first-token', runId);
        if (near && event.offset > 0.93 * length) {
          near = false;
          this.reached('near-end', runId);
        }
        first = false;
      },
      AbortSignal.timeout(TURN_LIMIT_MS),
      this.onFailed,
    );
  }
}

/** Adds the stored result, the provider's count and the run's losses, once everything has settled. */
export async function complete(
  history: TurnHistory & { digest: string },
  baseUrl: string,
  account: Account,
  owners: Owners,
  simulator: Simulator,
): Promise<TurnHistory> {
  const { digest, ...turn } = history;
  if (!turn.accepted) return turn;
  const { runId, chatId, messageId } = turn.accepted;
  const reply = await httpUntilAnswered<Chat>('GET', baseUrl + routes.chats.get.path.replace(':id', chatId), {
    token: account.token,
  });
  const messages = Object.values(reply.body.chat?.history?.messages ?? {});
  const { state, deaths } = await owners.outcomeOf(runId);
  const answer = messages.find((message) => message.id === messageId);
  return {
    ...turn,
    providerCalls: simulator.stats().prompts[digest]?.streams ?? 0,
    ownerLosses: owners.losses(runId),
    stored: answer && {
      state,
      chargedDeaths: deaths,
      text: typeof answer.content === 'string' ? answer.content : '',
      userMessages: messages.filter(({ role }) => role === 'user').length,
      answers: messages.filter(({ role }) => role === 'assistant').length,
    },
  };
}
