import { createContext, type ReactNode, useContext, useState } from 'react';
import { uploadServer } from '../files/upload-server';
import { Draft } from './draft';

/** Key of the chat that the first message creates. */
const NEW_CHAT = '';

/** One draft for each chat, so that an upload continues while another chat is shown. */
class Drafts {
  private readonly byChat = new Map<string, Draft>();

  of(chatId = NEW_CHAT): Draft {
    const draft = this.byChat.get(chatId) ?? new Draft(uploadServer);
    this.byChat.set(chatId, draft);
    return draft;
  }

  /** The new chat has an id: the rest of its draft moves there. */
  begin(chatId: string): void {
    this.byChat.set(chatId, this.of());
    this.byChat.delete(NEW_CHAT);
  }
}

const DraftsContext = createContext(new Drafts());

/** Keeps the drafts of the signed-in user. */
export function DraftsProvider({ children }: { children: ReactNode }) {
  const [drafts] = useState(() => new Drafts());
  return <DraftsContext value={drafts}>{children}</DraftsContext>;
}

export function useDrafts(): Drafts {
  return useContext(DraftsContext);
}
