import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Account } from '@perennial/e2e/support/accounts';
import { expectedText } from '@perennial/provider-simulator';
import OpenAI, { APIConnectionError, APIError } from 'openai';
import type { ReaderHistory, TurnHistory } from '../record/history';
import { addReaderEvent } from '../record/reader-events';
import type { Recorder } from '../record/recorder';
import type { WritingModel } from './models';
import { markOf } from './turns';

const LIMIT_MS = 120_000;
const PAUSE_MS = 200;
/** The answer ended as failed; the same request again starts another one. */
const PROVIDER_FAILED = 502;

/**
 * A program that uses the unmodified SDK, with a session token as its key. It streams; a stream that breaks cannot be resumed, so it asks again
 * with the same `Idempotency-Key`, and gets the same answer whole.
 */
export class SdkUser {
  private readonly client: OpenAI;

  constructor(
    baseUrl: string,
    private readonly account: Account,
    private readonly recorder: Recorder,
  ) {
    this.client = new OpenAI({ baseURL: `${baseUrl}/api/v1`, apiKey: account.token, maxRetries: 0 });
  }

  async ask(model: WritingModel): Promise<void> {
    const turn = this.recorder.turn();
    const content = `Tell me about ${markOf(turn, this.account)}`;
    const streamed: ReaderHistory = { via: 'sdk', events: [] };
    const history: TurnHistory = {
      ...{
        turn,
        person: this.account.id,
        readers: [streamed],
        from: Date.now(),
        to: 0,
        providerCalls: 0,
        titleCalls: 0,
        claims: 0,
        ownerLosses: 0,
      },
      ...{ turnsOfChat: 1, expectedText: expectedText(model.upstream, content, model.tokens) },
    };
    this.recorder.turns.push(history);
    const body = { model: model.id, messages: [{ role: 'user' as const, content }] };
    const options = { headers: { 'Idempotency-Key': randomUUID() } };
    streamed.left = !(await this.stream(streamed, body, options));
    const whole = await this.untilAnswered(history, () => this.client.chat.completions.create(body, options));
    const runId = whole.id.replace(/^chatcmpl-/, '');
    history.to = Date.now();
    history.accepted = { at: history.to, runId, chatId: '', messageId: '' };
    history.stored = {
      ...{ state: 'completed', reason: '', userMessages: 1, answers: 1, chargedDeaths: 0, cites: [] },
      text: whole.choices[0]?.message.content ?? '',
    };
  }

  /** @returns whether it came to its end */
  private async stream(
    reader: ReaderHistory,
    body: { model: string; messages: { role: 'user'; content: string }[] },
    options: { headers: Record<string, string> },
  ): Promise<boolean> {
    let offset = 0;
    const from = Date.now();
    this.recorder.requests += 1;
    try {
      const stream = await this.client.chat.completions.create({ ...body, stream: true }, options);
      for await (const chunk of stream) {
        const text = chunk.choices[0]?.delta.content ?? '';
        if (text !== '') addReaderEvent(reader.events, { at: Date.now(), kind: 'delta', generation: 1, offset, text });
        offset += text.length;
        if (chunk.choices[0]?.finish_reason)
          addReaderEvent(reader.events, { at: Date.now(), kind: 'end', state: 'completed' });
      }
      return true;
    } catch (error) {
      // An error object within the stream has no status: the text could not be rewritten, which is said in so many words.
      if (!(error instanceof APIError) || error instanceof APIConnectionError || error.status !== undefined)
        this.failed(from, error);
      return false;
    }
  }

  private async untilAnswered<T>(history: TurnHistory, work: () => Promise<T>): Promise<T> {
    const deadline = Date.now() + LIMIT_MS;
    for (let again = false; ; again = true) {
      const from = Date.now();
      if (!again) this.recorder.requests += 1;
      try {
        return await work();
      } catch (error) {
        if (Date.now() > deadline) throw error;
        this.failed(from, error, again);
        if (error instanceof APIError && error.status === PROVIDER_FAILED)
          history.earlierRuns = (history.earlierRuns ?? 0) + 1;
      }
      await sleep(PAUSE_MS);
    }
  }

  private failed(from: number, error: unknown, again = false): void {
    const status = error instanceof APIError ? (error.status as number | undefined) : undefined;
    const why = error instanceof Error ? error.message : String(error);
    this.recorder.failed({
      ...{ from, to: Date.now(), what: `POST /api/v1/chat/completions: ${why}` },
      ...(status === undefined ? {} : { status }),
      ...(again ? { again } : {}),
      ...(status === PROVIDER_FAILED ? { answer: true } : {}),
    });
  }
}
