import type { FollowedRun, OnRunUpdate, RunStreamSubscriber } from '@perennial/transport';
import { describe, expect, it } from 'vitest';
import type { LiveSocket } from './live-socket';
import type { Packet } from './packets';
import { SocketUsers } from './socket-users';

const USER = 'user-1';

/** A socket that records its events. */
function socket(): { live: LiveSocket; events: () => unknown[] } {
  const packets: Packet[] = [];
  const live = { send: (packet: Packet) => packets.push(packet) } as unknown as LiveSocket;
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
  return { live, events };
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
