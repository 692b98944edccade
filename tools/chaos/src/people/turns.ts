import { setTimeout as sleep } from 'node:timers/promises';
import { routes, type TurnBody } from '@perennial/contracts-gateway';
import type { Chat } from '@perennial/contracts-wire';
import type { Account } from '@perennial/e2e/support/accounts';
import { httpUntilAnswered } from '@perennial/e2e/support/http';
import type { Owners } from '@perennial/e2e/support/owners';
import { SocketReader } from '@perennial/e2e/support/socket-reader';
import { readRun } from '@perennial/e2e/support/sse-reader';
import { newTurn, sendTurn } from '@perennial/e2e/support/turn';
import { expectedText, type Simulator } from '@perennial/provider-simulator';
import { isSettled } from '../check/readers';
import type { Moments } from '../nemeses/moments';
import type { ReaderHistory, TurnHistory } from '../record/history';
import { addReaderEvent } from '../record/reader-events';
import type { Recorder } from '../record/recorder';
import type { WritingModel } from './models';

/** What a person does with a turn beside reading it. */
export interface TurnChoices {
  model: WritingModel;
  /** In an existing chat: instead of its first message. */
  branchOf?: string;
  /** The page is loaded again when this share of the answer is there. */
  reloadAt?: number;
  /** Stop is pressed when this share of the answer is there. */
  stopAt?: number;
  /** A file to ask about. */
  file?: { id: string; name: string };
}

const TURN_LIMIT_MS = 150_000;
/** Sockets and streams get the end independently; a disconnected socket has reconnected by then. */
const SOCKET_END_MS = 15_000;
/** A message about this share of the answer is near its end. */
const NEAR_END = 0.93;

/** The word that finds a turn: in the provider's statistics and in a search. */
export const markOf = (turn: number, account: Account): string => `mark-${turn}-${account.id.slice(0, 8)}`;

/** One user with one page: a socket. Each answer is read twice (socket and SSE), and every event is recorded. */
export class TurnDriver {
  private readonly socket: SocketReader;

  constructor(
    private readonly baseUrl: string,
    private readonly account: Account,
    private readonly moments: Moments,
    private readonly recorder: Recorder,
    /** `rejectUnauthorized: false`: the server's certificate is self-signed. */
    tls: { rejectUnauthorized?: boolean } = {},
  ) {
    this.socket = new SocketReader(baseUrl, account.token, tls);
  }

  connected(): Promise<void> {
    return this.socket.connected();
  }

  /** Sends a turn, reads it to its end, and adds it to the record. Rejects when it was never accepted. */
  async play(choices: TurnChoices): Promise<TurnHistory> {
    const { model, branchOf, file } = choices;
    const turn = this.recorder.turn();
    const prompt = `Tell me about ${markOf(turn, this.account)}`;
    const readers: ReaderHistory[] = [
      { via: 'sse', events: [] },
      { via: 'socket', events: [] },
    ];
    const history: TurnHistory = {
      ...{
        turn,
        person: this.account.id,
        readers,
        from: Date.now(),
        to: 0,
        providerCalls: 0,
        titleCalls: 0,
        turnsOfChat: 1,
      },
      ...{ claims: 0, ownerLosses: 0 },
      expectedText: file ? undefined : expectedText(model.upstream, prompt, model.tokens),
      ...(file ? { askedAbout: file.id } : {}),
    };
    this.recorder.turns.push(history);
    const body: TurnBody & { id: string } = newTurn(model.id, prompt, this.socket.sessionId);
    if (branchOf !== undefined) body.chat_id = branchOf;
    if (file) Object.assign(body.user_message ?? {}, { files: [{ type: 'file', id: file.id, name: file.name }] });
    const viaSocket = readers[1] as ReaderHistory;
    // Watched until everything is over, to record a second end.
    this.socket.watch(body.id, (event) => addReaderEvent(viaSocket.events, event));
    this.recorder.requests += 1;
    const sent = await sendTurn(this.baseUrl, this.account, body, this.recorder.failed);
    history.accepted = { at: Date.now(), ...sent };
    this.moments.reached('accepted', sent.runId);
    this.socket.show(sent.messageId, sent.chatId);
    await this.read(history, sent.runId, choices);
    const settledBy = Date.now() + SOCKET_END_MS;
    while (!isSettled(viaSocket.events) && Date.now() < settledBy) await sleep(50);
    this.socket.hide(body.id);
    history.to = Date.now();
    return history;
  }

  close(): void {
    this.socket.close();
  }

  /** Reads by SSE. A reload leaves that page and reads once more from the beginning, by a new one. */
  private async read(history: TurnHistory, runId: string, { model, reloadAt, stopAt }: TurnChoices): Promise<void> {
    const length = history.expectedText?.length ?? model.tokens * 6;
    const limit = AbortSignal.timeout(TURN_LIMIT_MS);
    let first = true;
    let near = true;
    let acting = Promise.resolve();
    const open = async (reader: ReaderHistory, leaveAt: number | undefined): Promise<void> => {
      const page = new AbortController();
      const signal = AbortSignal.any([limit, page.signal]);
      this.recorder.requests += 1;
      const reading = readRun(
        ...([this.baseUrl, this.account.token, runId] as const),
        (event) => {
          // What was on its way when the page was closed.
          if (page.signal.aborted) return;
          addReaderEvent(reader.events, event);
          if (event.kind !== 'delta') return;
          if (first) this.moments.reached('first-token', runId);
          first = false;
          const share = (event.offset + event.text.length) / length;
          if (near && share > NEAR_END) {
            near = false;
            this.moments.reached('near-end', runId);
          }
          if (stopAt !== undefined && share >= stopAt && !history.stopped) {
            history.stopped = true;
            acting = this.pressStop(runId);
          }
          if (leaveAt !== undefined && share >= leaveAt) page.abort();
        },
        signal,
        this.recorder.failed,
      );
      // Refused: there is no such run any more.
      await reading.catch(() => (reader.refused = true));
      if (!page.signal.aborted) return;
      reader.left = true;
      this.socket.reload();
      const next: ReaderHistory = { via: 'sse', events: [] };
      history.readers.push(next);
      await open(next, undefined);
    };
    await open(history.readers[0] as ReaderHistory, reloadAt);
    await acting;
  }

  private async pressStop(runId: string): Promise<void> {
    const from = Date.now();
    this.recorder.requests += 1;
    const reply = await httpUntilAnswered(
      ...(['POST', this.baseUrl + routes.tasks.stop.path.replace(':id', runId)] as const),
      { token: this.account.token },
      this.recorder.failed,
    );
    // It may have ended meanwhile.
    if (reply.status !== 200 && reply.status !== 404)
      this.recorder.complain(this.account.name, from, `Stop was answered ${reply.status}`);
  }
}

/** Adds the stored result, the provider's counts and the run's losses, once everything has settled. */
export async function complete(
  history: TurnHistory,
  { baseUrl, account, owners }: { baseUrl: string; account: Account; owners: Owners },
  marks: ReturnType<Simulator['stats']>['marks'],
): Promise<void> {
  if (!history.accepted) return;
  const { runId, chatId, messageId } = history.accepted;
  const calls = marks[markOf(history.turn, account)];
  history.providerCalls = calls?.streams ?? 0;
  // Questions about documents have their search queries written by the provider too.
  history.titleCalls = history.askedAbout === undefined ? (calls?.nonstream ?? 0) : 0;
  history.ownerLosses = owners.losses(runId);
  const { state, epoch, deaths } = await owners.outcomeOf(runId);
  history.claims = epoch;
  history.isRunLost = state === 'missing';
  // An SDK's answer is stored with its request: it was read once more instead.
  if (history.stored) return;
  const reply = await httpUntilAnswered<Chat>('GET', baseUrl + routes.chats.get.path.replace(':id', chatId), {
    token: account.token,
  });
  const messages = Object.values(reply.body.chat?.history?.messages ?? {});
  const answer = messages.find((message) => message.id === messageId);
  if (!answer) return;
  history.stored = {
    state,
    chargedDeaths: deaths,
    reason: reasonOf(answer.error),
    text: typeof answer.content === 'string' ? answer.content : '',
    userMessages: messages.filter(({ role }) => role === 'user').length,
    answers: messages.filter(({ role }) => role === 'assistant').length,
    cites: citedIn(answer.sources),
  };
}

function reasonOf(error: unknown): string {
  if (typeof error === 'string') return error;
  const content = (error as { content?: unknown } | null | undefined)?.content;
  return typeof content === 'string' ? content : '';
}

function citedIn(sources: unknown): string[] {
  if (!Array.isArray(sources)) return [];
  return (sources as { source?: { id?: string } }[]).flatMap(({ source }) => (source?.id ? [source.id] : []));
}
