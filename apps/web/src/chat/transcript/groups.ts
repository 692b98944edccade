import type { Message } from '@perennial/contracts-wire';

/** Messages of a group. What is far away costs the layout of a group, not of its messages. */
export const GROUP = 40;

/** Messages that lie one after another. */
export interface Group {
  /** Stays the same while messages come before and after it. */
  key: number;
  messages: readonly Message[];
}

/**
 * The newest messages of a thread, in groups.
 *
 * @param anchor the message that begins group 0: wherever it is by now, no message changes its group
 */
export function groupsOf(thread: readonly Message[], anchor: string | undefined, shown: number): Group[] {
  const start = Math.max(
    0,
    thread.findIndex(({ id }) => id === anchor),
  );
  const first = Math.max(0, thread.length - shown);
  const groups: { key: number; messages: Message[] }[] = [];
  thread.slice(first).forEach((message, at) => {
    const key = Math.floor((first + at - start) / GROUP);
    const last = groups.at(-1);
    if (last?.key === key) last.messages.push(message);
    else groups.push({ key, messages: [message] });
  });
  return groups;
}
