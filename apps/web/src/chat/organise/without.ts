import type { Chat, Message } from '@perennial/contracts-wire';
import { endOf } from '../thread';

/** A message alone, or with all that follow it. */
export type Extent = 'alone' | 'branch';

/** A chat without some of its messages: what followed one that is deleted alone follows the one before it. */
export function without(chat: Chat, deleted: ReadonlyMap<string, Extent>): Chat {
  const history = chat.chat.history;
  if (!history || [...deleted.keys()].every((id) => history.messages[id] === undefined)) return chat;
  const { messages } = history;
  const isGone = goneIn(messages, deleted);
  const keptBefore = (id: string | null | undefined): string | null => {
    let at = id ?? null;
    for (let steps = 0; at !== null && isGone(at) && steps < 100_000; steps++) at = messages[at]?.parentId ?? null;
    return at;
  };
  const kept = Object.values(messages).flatMap((message) => {
    if (isGone(message.id)) return [];
    const parentId = keptBefore(message.parentId);
    // One that stays where it is stays the same object, so that nothing of it is shown anew.
    return parentId === (message.parentId ?? null) ? message : { ...message, parentId };
  });
  const next = (currentId: string | null): Chat => ({
    ...chat,
    chat: {
      ...chat.chat,
      history: { ...history, currentId, messages: Object.fromEntries(kept.map((message) => [message.id, message])) },
    },
  });
  const { currentId } = history;
  if (!currentId || !isGone(currentId)) return next(currentId ?? null);
  // Another version of what is gone, else what was before it.
  const before = keptBefore(currentId);
  const from = before ?? kept.findLast(({ parentId }) => parentId === null)?.id;
  return next(from === undefined ? null : endOf(next(null), from));
}

/** Ids of a message and of all that follow it, as far as they are known. */
export function branchOf(chat: Chat | undefined, id: string): ReadonlySet<string> {
  const after = new Map<string, string[]>();
  for (const message of Object.values(chat?.chat.history?.messages ?? {})) {
    const beside = after.get(message.parentId ?? '');
    if (beside) beside.push(message.id);
    else after.set(message.parentId ?? '', [message.id]);
  }
  const branch = new Set([id]);
  for (const one of branch) for (const next of after.get(one) ?? []) branch.add(next);
  return branch;
}

/** Whether a message is deleted, or follows one that is deleted with its branch. Each is looked at once. */
function goneIn(messages: Readonly<Record<string, Message>>, deleted: ReadonlyMap<string, Extent>) {
  const cut = new Map<string, boolean>();
  const isCut = (id: string): boolean => {
    const path = new Set<string>();
    let at: string | null | undefined = id;
    let found = false;
    while (at && messages[at] && !path.has(at)) {
      const known = cut.get(at);
      found = known ?? deleted.get(at) === 'branch';
      if (known !== undefined || found) break;
      path.add(at);
      at = messages[at]?.parentId;
    }
    for (const one of path) cut.set(one, found);
    return found;
  };
  return (id: string): boolean => deleted.has(id) || isCut(id);
}
