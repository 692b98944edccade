import { setTimeout as sleep } from 'node:timers/promises';
import { parseCursor } from '@perennial/contracts-gateway';
import type { RunDelta, RunEnd, RunReset } from '@perennial/contracts-wire';
import { createParser } from 'eventsource-parser';
import { Agent, request } from 'undici';
import type { OnFailedRequest } from './http';
import type { ReaderEvent } from './reader-event';

const agent = new Agent({ connections: 512, keepAliveTimeout: 1_000, bodyTimeout: 0, headersTimeout: 15_000 });

/**
 * Reads a run from its first character to its end, over any number of connections, sending its cursor each time. `onEvent` gets every event
 * in order, `onFailed` every connection that was refused or cut.
 */
export async function readRun(
  baseUrl: string,
  token: string,
  runId: string,
  onEvent: (event: ReaderEvent) => void,
  signal: AbortSignal,
  onFailed: OnFailedRequest = () => undefined,
): Promise<void> {
  let cursor: string | undefined;
  let ended = false;
  let again = false;
  while (!ended && !signal.aborted) {
    let from: number | undefined = Date.now();
    const failed = (why: string, status?: number) => {
      onFailed({
        ...{ from: from ?? Date.now(), to: Date.now(), what: `GET /api/v1/runs/:id/events: ${why}` },
        ...(status === undefined ? {} : { status }),
        ...(again ? { again } : {}),
      });
      again = true;
    };
    try {
      const reply = await request(`${baseUrl}/api/v1/runs/${runId}/events`, {
        dispatcher: agent,
        signal,
        headers: {
          authorization: `Bearer ${token}`,
          accept: 'text/event-stream',
          ...(cursor ? { 'last-event-id': cursor } : {}),
        },
      });
      if (reply.statusCode !== 200) {
        failed(String(reply.statusCode), reply.statusCode);
        const refusal = await reply.body.text();
        if (reply.statusCode < 500) throw new Refused(`reading a run was answered ${reply.statusCode}: ${refusal}`);
      } else {
        // A stream fails at that moment, however long ago it was opened.
        from = undefined;
        again = false;
        const parser = createParser({
          onEvent: ({ event, data, id }) => {
            cursor = id ?? cursor;
            const epoch = id ? parseCursor(id)?.epoch : undefined;
            onEvent({
              ...readerEventOf(event, data),
              at: Date.now(),
              ...(epoch === undefined ? {} : { epoch }),
            } as ReaderEvent);
            ended ||= event === 'end';
          },
        });
        const decoder = new TextDecoder();
        for await (const bytes of reply.body) parser.feed(decoder.decode(bytes as Uint8Array, { stream: true }));
      }
    } catch (error) {
      if (error instanceof Refused) throw error;
      if (!signal.aborted) failed(error instanceof Error ? error.message : String(error));
    }
    if (ended || signal.aborted) return;
    onEvent({ at: Date.now(), kind: 'reconnect' });
    await sleep(100);
  }
}

class Refused extends Error {}

type Untimed = ReaderEvent extends infer E ? (E extends { at: number } ? Omit<E, 'at'> : never) : never;

function readerEventOf(event: string | undefined, data: string): Untimed {
  switch (event) {
    case 'delta': {
      const { generation, offset, text } = JSON.parse(data) as RunDelta;
      return { kind: 'delta', generation, offset, text };
    }
    case 'reset': {
      const { generation, text } = JSON.parse(data) as RunReset;
      return { kind: 'reset', generation, text };
    }
    case 'end':
      return { kind: 'end', state: (JSON.parse(data) as RunEnd).state };
    default:
      throw new Error(`an event that no reader knows: ${event}`);
  }
}
