import { createContext, type ReactNode, useContext, useState } from 'react';
import { uploadServer } from '../files/upload-server';
import { Draft } from './draft';

/** Stands for the chat that is made by its first message. */
const NEW_CHAT = '';

/** One draft for each chat: an upload goes on while another chat is looked at. */
class Drafts {
  private readonly byChat = new Map<string, Draft>();

  of(chatId = NEW_CHAT): Draft {
    const draft = this.byChat.get(chatId) ?? new Draft(uploadServer);
    this.byChat.set(chatId, draft);
    return draft;
  }

  /** The new chat has got its id: what is left of its draft goes on there. */
  begin(chatId: string): void {
    this.byChat.set(chatId, this.of());
    this.byChat.delete(NEW_CHAT);
  }
}

const DraftsContext = createContext(new Drafts());

/** Keeps the drafts of whoever is signed in. */
export function DraftsProvider({ children }: { children: ReactNode }) {
  const [drafts] = useState(() => new Drafts());
  return <DraftsContext value={drafts}>{children}</DraftsContext>;
}

export function useDrafts(): Drafts {
  return useContext(DraftsContext);
}
