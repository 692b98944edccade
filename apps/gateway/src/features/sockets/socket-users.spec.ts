import type { FollowedRun, OnRunUpdate, RunStreamSubscriber, RunUpdate, UserEvent } from '@perennial/transport';
import { describe, expect, it } from 'vitest';
import type { LiveSocket } from './live-socket';
import type { Packet } from './packets';
import { SocketUsers } from './socket-users';

const USER = 'user-1';

/** A socket that records its events. */
function socket(takesText = true): { live: LiveSocket; events: () => unknown[]; types: () => string[] } {
  const packets: Packet[] = [];
  const live = { takesText, send: (packet: Packet) => packets.push(packet) } as unknown as LiveSocket;
  const types = (): string[] =>
    packets.map(({ message }) => (JSON.parse(message.slice(1)) as [string, { data: { type: string } }])[1].data.type);
  const events = (): unknown[] =>
    packets.map(({ message }) => {
      const [, { data }] = JSON.parse(message.slice(1)) as [string, { data: { type: string; data: object } }];
      const { offset, delta, output } = data.data as {
        offset?: number;
        delta?: string;
        output?: { content: object[] }[];
      };
      return output ? { whole: (output.at(-1)?.content[0] as { text: string }).text } : { offset, delta };
    });
  return { live, events, types };
}

describe('a socket that comes while others of its user show an answer', () => {
  it('begins with the text so far, because it may show more or less of it from another gateway', () => {
    let update: OnRunUpdate = () => undefined;
    const subscriber = {
      followUser: (_: string, onUpdate: OnRunUpdate) => {
        update = onUpdate;
        return () => undefined;
      },
    } as unknown as RunStreamSubscriber;
    const run = {
      identity: { runId: 'run-1', userId: USER, model: 'm', chatId: 'chat-1', messageId: 'message-1' },
      position: { epoch: 1, generation: 1, offset: 0 },
      text: '',
      isCurrent: true,
    };
    const append = (text: string): void => {
      const offset = run.text.length;
      run.text += text;
      run.position = { ...run.position, offset: run.text.length };
      update({ kind: 'delta', epoch: 1, generation: 1, offset, text }, run as FollowedRun);
    };
    const users = new SocketUsers(subscriber);
    const [first, second] = [socket(), socket()];
    users.add(USER, first.live);
    append('one ');
    append('two ');
    users.add(USER, second.live);
    append('three');
    expect(second.events()).toEqual([{ whole: 'one two ' }, { offset: 8, delta: 'three' }]);
    expect(first.events().slice(1)).toEqual([
      { offset: 0, delta: 'one ' },
      { offset: 4, delta: 'two ' },
      { offset: 8, delta: 'three' },
    ]);
  });
});

describe('a socket whose page asks for the answers that it shows', () => {
  it('gets events and the end of the last answer of a chat, and no text, beside one that gets all', () => {
    const followers = new Set<{ onUpdate: OnRunUpdate; onEvent: (event: UserEvent) => void }>();
    const subscriber = {
      followUser: (_: string, onUpdate: OnRunUpdate, onEvent: (event: UserEvent) => void) => {
        const follower = { onUpdate, onEvent };
        followers.add(follower);
        return () => followers.delete(follower);
      },
    } as unknown as RunStreamSubscriber;
    const users = new SocketUsers(subscriber);
    const [asking, other] = [socket(false), socket()];
    const leave = [users.add(USER, asking.live), users.add(USER, other.live)];
    expect([users.count, users.countOf(USER), users.takesText(USER)]).toEqual([1, 2, true]);

    const runs = ['run-1', 'run-2'].map((runId) => ({
      identity: { runId, userId: USER, model: 'm', chatId: 'chat-1', messageId: `answer of ${runId}` },
      position: { epoch: 1, generation: 1, offset: 2 },
      text: 'Hi',
      isCurrent: true,
    })) as FollowedRun[];
    const tell = (update: RunUpdate): void => {
      for (const run of runs) for (const { onUpdate } of followers) onUpdate(update, run);
    };
    tell({ kind: 'delta', epoch: 1, generation: 1, offset: 0, text: 'Hi' });
    const event: UserEvent = { chat_id: 'chat-1', message_id: 'answer', data: { type: 'chat:title', data: 'A title' } };
    for (const { onEvent } of followers) onEvent(event);
    tell({ kind: 'end', epoch: 1, text: 'Hi', terminal: { state: 'completed', generation: 1, length: 2 } });
    expect(asking.types()).toEqual(['chat:title', 'chat:active']);
    expect(other.types().filter((type) => type === 'response:completion')).toHaveLength(4);

    leave[1]!();
    expect([users.takesText(USER), users.countOf(USER), followers.size]).toEqual([false, 1, 1]);
    leave[0]!();
    expect([users.count, followers.size]).toEqual([0, 0]);
  });
});
