import type { Chat } from '@perennial/contracts-wire';
import { useEffect, useMemo } from 'react';
import { useStore } from '../state/store';
import { useChangeChat } from './chat-queries';
import type { Draft, Parameters } from './draft';
import { toParameters } from './parameters';

/**
 * What the model is told besides the questions of a chat. What was set is in the draft, so that it counts at once, and until the chat has it:
 * a new chat gets it after its first message.
 */
export function useParameters(draft: Draft, chat: Chat | undefined) {
  const own = useStore(draft.parameters);
  const stored = chat?.chat.params;
  const ofChat = useMemo(() => toParameters(stored), [stored]);
  const { mutate, isPending, isError } = useChangeChat();
  const chatId = chat?.id;
  useEffect(() => {
    if (own === undefined || chatId === undefined || isPending || isError) return;
    const others = Object.entries(stored ?? {}).filter(([name]) => !(name in toParameters(stored)));
    const params = { ...Object.fromEntries(others), ...own };
    const isStored = () => draft.parameters.get() === own && draft.parameters.set(undefined);
    mutate({ chatId, chat: { params } }, { onSuccess: isStored });
  }, [own, chatId, stored, draft, mutate, isPending, isError]);
  return { parameters: own ?? ofChat, setParameters: (next: Parameters) => draft.parameters.set(next) };
}
