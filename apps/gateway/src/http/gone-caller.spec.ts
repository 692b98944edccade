import { once } from 'node:events';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { sessions } from '@perennial/contracts-auth';
import { runs } from '@perennial/contracts-chat';
import { CallError } from '@perennial/contracts-kernel';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Edge, startEdge } from '../../test/edge';
import { head, RawConnection } from '../../test/raw-connection';
import { AdmissionControl } from './admission-control';
import type { FairShares } from './fair-shares';
import { TurnAdmission } from './turn-admission';

const TURN = JSON.stringify({
  model: 'm',
  session_id: 's',
  parent_id: null,
  id: 'answer',
  user_message: { id: 'question', role: 'user', content: 'Hello' },
});

/** What a request takes of the replica, when its caller disconnects during its work. */
describe('a caller who has gone', () => {
  let edge: Edge;
  let server: Server;
  let port: number;
  let accepts: { answer: () => void; fail: (error: Error) => void }[];
  beforeAll(async () => {
    edge = await startEdge();
    await edge.app.listen(0, '127.0.0.1');
    server = edge.app.getHttpServer() as Server;
    port = Number(new URL(await edge.app.getUrl()).port);
  });
  afterAll(() => edge.close());
  beforeEach(() => {
    accepts = [];
    edge.rpc.on(
      runs.accept,
      () =>
        new Promise((resolve, reject) =>
          accepts.push({
            answer: () => resolve({ chatId: crypto.randomUUID(), created: true, runs: [] }),
            fail: reject,
          }),
        ),
    );
  });

  /** Sends a request, and disconnects when it has come so far. */
  const leaveWhen = async (request: string, hasCome: () => void): Promise<void> => {
    const connected = once(server, 'connection') as Promise<[Socket]>;
    const connection = new RawConnection(port).send(request);
    const [socket] = await connected;
    await vi.waitFor(hasCome, 10_000);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    connection.reset();
    await closed;
  };
  const admittedTurn = ({ authorization }: { authorization: string }): string =>
    head('POST /api/chat/completions', {
      Authorization: authorization,
      'Content-Type': 'application/json',
      'Content-Length': TURN.length,
    }) + TURN;
  const send = (headers: { authorization: string }) =>
    fetch(`http://127.0.0.1:${port}/api/chat/completions`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: TURN,
    });
  const turns = () =>
    edge.app.get(TurnAdmission) as unknown as {
      limit: { inFlight: number };
      shares: FairShares;
      waiting: ReadonlySet<unknown>;
    };
  const leaveDuringAccept = async (headers: { authorization: string }): Promise<void> => {
    const before = accepts.length;
    await leaveWhen(admittedTurn(headers), () => expect(accepts).toHaveLength(before + 1));
  };

  it('during its accept keeps its place until chat has answered', async () => {
    const { headers } = edge.account('user');
    for (let turn = 0; turn < 4; turn += 1) await leaveDuringAccept(headers);
    const fifth = send(headers);
    await vi.waitFor(() => expect(turns().waiting.size).toBe(1), 10_000);
    expect(accepts).toHaveLength(4);
    // One that waits gives up at once.
    await leaveWhen(admittedTurn(headers), () => expect(turns().waiting.size).toBe(2));
    await vi.waitFor(() => expect(turns().waiting.size).toBe(1), 10_000);
    for (const { answer } of accepts) answer();
    await vi.waitFor(() => expect(accepts).toHaveLength(5), 10_000);
    accepts[4]?.answer();
    expect((await fifth).status).toBe(200);
    await vi.waitFor(() => expect(turns().limit.inFlight).toBe(0), 10_000);
  });

  it('leaves no place behind for the requests that it has pipelined', async () => {
    const { headers } = edge.account('user');
    const { requestsOf } = edge.app.get(AdmissionControl) as unknown as { requestsOf: { all: number } };
    const between = head('GET /api/v1/tools/', headers);
    await leaveWhen(admittedTurn(headers) + between + admittedTurn(headers), () => expect(accepts).toHaveLength(2));
    await vi.waitFor(() => expect(requestsOf.all).toBe(0), 10_000);
    for (const { answer } of accepts) answer();
    await vi.waitFor(() => expect(turns().limit.inFlight).toBe(0), 10_000);
  });

  it('counts for the limits as one who stays', async () => {
    const { user, headers } = edge.account('user');
    await leaveDuringAccept(headers);
    accepts[0]?.answer();
    await vi.waitFor(() => expect(turns().limit.inFlight).toBe(0), 10_000);
    expect(turns().shares.roundOf(user.id)).toBe(1);
    for (let turn = 1; turn < 4; turn += 1) await leaveDuringAccept(headers);
    for (const { fail } of accepts) fail(new CallError('RESOURCE_EXHAUSTED', 'Too many answers.'));
    await vi.waitFor(() => expect(turns().limit.inFlight).toBe(0), 10_000);
    expect((await send(headers)).status).toBe(429);
    expect(accepts).toHaveLength(4);
  });

  it.each([
    ['it is refused', new CallError('FAILED_PRECONDITION', 'No.')],
    ['chat is away', new CallError('UNAVAILABLE', 'Away.')],
    ['chat does not answer', new CallError('DEADLINE_EXCEEDED', 'Late.')],
    ['of a bug', new Error('a bug')],
  ])('holds no place after its accept has failed because %s', async (_, error) => {
    await leaveDuringAccept(edge.account('user').headers);
    expect(turns().limit.inFlight).toBe(1);
    accepts[0]?.fail(error);
    await vi.waitFor(() => expect(turns().limit.inFlight).toBe(0), 10_000);
  });

  it('during the look-up of a run leaves no stream behind', async () => {
    const { user, headers } = edge.account('user');
    let answer: () => void = () => undefined;
    let asked = false;
    let isFollowed = false;
    edge.subscriber.snapshot = async (runId) => {
      asked = true;
      await new Promise<void>((resolve) => (answer = resolve));
      const position = { epoch: 1, generation: 1, offset: 0 };
      return { identity: { runId, userId: user.id, model: 'm' }, position, text: '', isCurrent: true };
    };
    edge.subscriber.follow = async () => {
      isFollowed = true;
      const ignore = (): void => undefined;
      return Object.assign(ignore, { pause: ignore, resume: ignore });
    };
    const { streams } = edge.app.get(AdmissionControl) as unknown as { streams: { all: number } };
    const request = head(`GET /api/v1/runs/${crypto.randomUUID()}/events`, headers);
    await leaveWhen(request, () => expect(asked).toBe(true));
    answer();
    await vi.waitFor(() => expect(isFollowed).toBe(true), 10_000);
    await vi.waitFor(() => expect(streams.all).toBe(0), 10_000);
  });

  it('during the look-up of the session takes no place among the requests of the user', async () => {
    const { user, headers } = edge.account('user');
    let answer: () => void = () => undefined;
    let asked = false;
    edge.rpc.on(sessions.resolve, async () => {
      asked = true;
      await new Promise<void>((resolve) => (answer = resolve));
      return user;
    });
    const { requestsOf } = edge.app.get(AdmissionControl) as unknown as { requestsOf: { all: number } };
    await leaveWhen(head('GET /api/v1/tools/', headers), () => expect(asked).toBe(true));
    answer();
    // Waits for the same look-up, or finds its session.
    const reply = await fetch(`http://127.0.0.1:${port}/api/v1/tools/`, { headers });
    await reply.arrayBuffer();
    expect(reply.status).toBe(200);
    await vi.waitFor(() => expect(requestsOf.all).toBe(0), 10_000);
  });
});
