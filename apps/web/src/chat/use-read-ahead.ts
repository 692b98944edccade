import { useQueryClient } from '@tanstack/react-query';
import { type DOMAttributes, useState } from 'react';
import { chatKey } from './chat-keys';
import { useLive } from './live';
import { ReadAhead } from './read-ahead';
import { readWhole } from './transcript/readings';
import { chatAhead } from './use-chat';

/** Not in every browser; not in TypeScript's DOM either. */
const { connection } = navigator as { connection?: { saveData?: boolean } };

type Handlers = Pick<
  DOMAttributes<HTMLElement>,
  'onPointerOver' | 'onPointerLeave' | 'onPointerDown' | 'onFocus' | 'onBlur'
>;

/** For a list of links to chats: the one at which the pointer or the focus rests, or that is pressed, is read before it is opened. */
export function useReadAhead(): Handlers {
  const client = useQueryClient();
  const live = useLive();
  const [handlers] = useState((): Handlers => {
    const ahead = new ReadAhead(async (chatId) => {
      const isKnown = client.getQueryData(chatKey(chatId)) !== undefined;
      if (isKnown || !live.connected.get() || connection?.saveData || readWhole(sessionStorage, chatId)) return;
      await client.fetchQuery(chatAhead(client, chatId));
    });
    return {
      // A finger passes over rows when it scrolls.
      onPointerOver: ({ target, pointerType }) => pointerType !== 'touch' && ahead.at(chatOf(target)),
      onPointerLeave: () => ahead.at(undefined),
      onPointerDown: ({ target }) => {
        const chatId = chatOf(target);
        if (chatId !== undefined) ahead.press(chatId);
      },
      onFocus: ({ target }) => ahead.at(chatOf(target)),
      onBlur: () => ahead.at(undefined),
    };
  });
  return handlers;
}

function chatOf(target: EventTarget): string | undefined {
  const link = target instanceof Element ? target.closest('a') : null;
  return /^\/c\/([^/]+)$/.exec(link?.pathname ?? '')?.[1];
}
