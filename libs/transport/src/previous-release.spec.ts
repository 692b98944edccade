import { join } from 'node:path';
import { previousRelease, releaseSources } from '@perennial/build/previous-release';
import { describe, expect, it } from 'vitest';
import { WireSecrets } from './redis/wire-secrets';
import * as records from './rpc/call-record';
import * as wire from './rpc/wire';
import * as frames from './runs/frame';
import * as shapes from './runs/shapes';
import type { RunIdentity, RunTerminal } from './runs/types';

const commit = previousRelease();

/** The code that writes and reads what crosses Redis; no contract declares its bytes. */
interface Version {
  frames: typeof frames;
  shapes: typeof shapes;
  wire: typeof wire;
  records: typeof records;
  secretsWith(key: string): WireSecrets;
}

const THIS: Version = { frames, shapes, wire, records, secretsWith: (key) => new WireSecrets([key]) };

/** That of the version that PREVIOUS_RELEASE names. */
async function previousVersion(release: string): Promise<Version> {
  const source = join(releaseSources(release), 'libs/transport/src');
  const load = async <T>(path: string) => (await import(join(source, path))) as T;
  // It takes its only key alone.
  type OneKey = new (key: string) => WireSecrets;
  const Previous = await load<{ WireSecrets: OneKey }>('redis/wire-secrets.ts');
  return {
    frames: await load<typeof frames>('runs/frame.ts'),
    shapes: await load<typeof shapes>('runs/shapes.ts'),
    wire: await load<typeof wire>('rpc/wire.ts'),
    records: await load<typeof records>('rpc/call-record.ts'),
    secretsWith: (key) => new Previous.WireSecrets(key),
  };
}

const IDENTITY: RunIdentity = { runId: 'r-1', userId: 'u-1', model: 'm', chatId: 'c-1', messageId: 'a-1' };
const TERMINAL: RunTerminal = {
  state: 'failed',
  generation: 2,
  length: 12,
  finishReason: 'stop',
  usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
  error: { code: 'TIMEOUT', message: 'It took too long.', retryable: true, retryAfter: 3 },
  title: 'A title',
};
const ITEMS: frames.FrameItem[] = [
  { k: 'o', a: 1, e: 2, n: 3, b: 4, o: 5, t: 'tail', i: IDENTITY, f: 1 },
  { k: 'e', a: 1, t: TERMINAL },
  { k: 'f', i: IDENTITY, p: { epoch: 1, generation: 2, offset: 3 }, t: TERMINAL },
  { k: 'u', u: 'u-1', v: { chat_id: 'c-1', message_id: 'a-1', data: { type: 'chat:title', data: 'A title' } } },
];
const MESSAGES: frames.SubscriptionMessage[] = [
  { g: 'g-1', k: ['u:u-1', 'r:r-1'] },
  { g: 'g-1', h: ['u:u-1'] },
  { g: 'g-1', w: 'w-1', a: [1, 2] },
];
const CALL: wire.CallRecord = {
  ...{ i: 'gateway-1.1', p: 'chat.runs.accept', b: 5_000, k: 'key', m: 1_000, a: 1_794_000_000_000 },
  u: { kind: 'user', userId: 'u-1', role: 'user', sessionId: 's-1' } as unknown as wire.CallRecord['u'],
  t: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
};

describe.skipIf(commit === undefined)('what crosses Redis between this version and the previous one', async () => {
  const previous = commit === undefined ? THIS : await previousVersion(commit);

  describe.each<[string, Version, Version]>([
    ['this version reads what the previous one wrote', previous, THIS],
    ['the previous version reads what this one wrote', THIS, previous],
  ])('%s', (_, writer, reader) => {
    it('live frames', () => {
      const { encodeFrame, encodeItem, encodePiece } = writer.frames;
      const text = encodePiece(1, 9, 'Grüße 👋"') + ITEMS.map(encodeItem).join('') + encodePiece(2, 0, '');
      const read: unknown[] = [];
      reader.frames.decodeFrame(encodeFrame('w-1', text), {
        piece: (...piece) => read.push(piece),
        item: (...item) => read.push(item),
      });
      const items = ITEMS.map((item) => ['w-1', item]);
      expect(read).toEqual([['w-1', 1, 9, 'Grüße 👋"'], ...items, ['w-1', 2, 0, '']]);
    });

    it('identities, ends and subscriptions', () => {
      const { isIdentity, isSubscriptionMessage, isTerminal, parseAs } = reader.shapes;
      expect(parseAs(JSON.stringify(IDENTITY), isIdentity)).toEqual(IDENTITY);
      expect(parseAs(JSON.stringify(TERMINAL), isTerminal)).toEqual(TERMINAL);
      for (const message of MESSAGES) expect(parseAs(JSON.stringify(message), isSubscriptionMessage)).toEqual(message);
    });

    it('replies', () => {
      const { encodeFailure, encodePointer, encodeReply } = writer.wire;
      const failure: wire.Failure = { code: 'NOT_FOUND', message: 'no', details: { retryAfter: 1 } };
      const message = `[${[encodeReply('1', { a: 1 }), encodeFailure('2', failure), encodePointer('3', 7)].join(',')}]`;
      const read = reader.wire.readAnswers(message)?.filter(reader.wire.isAnswerFrame);
      expect(read).toEqual([
        ['1', 1, { a: 1 }],
        ['2', 0, failure],
        ['3', 2, 7],
      ]);
    });

    it('calls, signed and encrypted', () => {
      const key = 'a secret key that both versions were given';
      const [writing, reading] = [writer.secretsWith(key), reader.secretsWith(key)];
      const context = writer.wire.requestContext('chat');
      const recordReader = new reader.records.RecordReader({
        ...{ service: 'chat', secrets: reading, requireSigned: true },
        redisNow: () => 1_794_000_000_100,
      });
      const plain = JSON.stringify({ ...CALL, d: { a: 1 } });
      const { RECORD_FIELD, SEALED_RECORD_FIELD, SIGNATURE_FIELD } = writer.wire;
      expect(recordReader.read([RECORD_FIELD, plain, SIGNATURE_FIELD, writing.sign(context, plain)])).toEqual({
        record: { ...CALL, d: { a: 1 } },
        isSigned: true,
      });
      const sealed = JSON.stringify({ ...CALL, z: writing.seal(context, '{"a":1}') });
      expect(recordReader.read([SEALED_RECORD_FIELD, sealed, SIGNATURE_FIELD, writing.sign(context, sealed)])).toEqual({
        record: { ...CALL, d: { a: 1 } },
        isSigned: true,
      });
    });

    it('keys and names', () => {
      expect(reader.wire.rpcKeys.requests('p', 'chat')).toBe(writer.wire.rpcKeys.requests('p', 'chat'));
      expect(reader.wire.rpcKeys.replies('p', 'g')).toBe(writer.wire.rpcKeys.replies('p', 'g'));
      expect(reader.wire.REPLICA_GROUP).toBe(writer.wire.REPLICA_GROUP);
    });
  });
});
