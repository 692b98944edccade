import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';
import { uploadServer } from '../files/upload-server';
import { Draft } from './draft';
import { DraftStorage } from './draft-storage';
import { PictureStore } from './picture-store';

/** Key of the chat that the first message creates. */
const NEW_CHAT = '';
const WRITE_AFTER_MS = 250;

/** One draft for each chat: an upload continues while another chat is shown, and what was typed is there again after a reload. */
class Drafts {
  private readonly byChat = new Map<string, Draft>();
  private readonly changed = new Set<Draft>();
  /** The draft of a new chat that has an id by now, until the page of that chat is shown. */
  private moving: Draft | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** Of messages that are being changed in their place. */
  readonly edits: Edits;

  constructor(
    readonly storage: DraftStorage,
    private readonly pictures: PictureStore,
  ) {
    this.edits = new Edits(storage);
  }

  of(chatId = NEW_CHAT): Draft {
    const known = this.byChat.get(chatId);
    if (known && known === this.moving && chatId !== NEW_CHAT) {
      this.byChat.delete(NEW_CHAT);
      this.moving = undefined;
    }
    if (known) return known;
    const draft = new Draft(uploadServer, this.storage.read(chatId));
    draft.onChange(() => this.writeSoon(draft));
    this.byChat.set(chatId, draft);
    // They come a moment later, because they are kept elsewhere.
    void this.pictures.read(chatId).then((kept) => {
      if (kept.length > 0) draft.pictures.set([...kept, ...draft.pictures.get()]);
    });
    return draft;
  }

  /** The new chat has an id: the rest of its draft moves there, and stays in the box meanwhile. */
  begin(chatId: string): void {
    const draft = this.of();
    this.byChat.set(chatId, draft);
    this.moving = draft;
    this.storage.write(NEW_CHAT, { text: '', bases: [], files: [] });
    this.pictures.write(NEW_CHAT, []);
    this.writeSoon(draft);
  }

  /** Writes what has changed. */
  readonly write = (): void => {
    clearTimeout(this.timer);
    this.timer = undefined;
    for (const [chatId, draft] of this.byChat)
      if (this.changed.has(draft) && !this.isMoving(chatId, draft)) this.storage.write(chatId, draft.kept());
    this.changed.clear();
  };

  /** Something that a reload would interrupt: what is being written, sent, or waits to be. */
  isAtStake(): boolean {
    return [...this.byChat.values()].some((draft) => draft.isAtStake());
  }

  /** The account signed out by hand. */
  forget(): void {
    clearTimeout(this.timer);
    this.changed.clear();
    this.storage.clear();
    this.pictures.clear();
  }

  private isMoving(chatId: string, draft: Draft): boolean {
    return chatId === NEW_CHAT && draft === this.moving;
  }

  private writeSoon(draft: Draft): void {
    this.changed.add(draft);
    // At once: what a page begins to write in its database while it is left may not be written.
    for (const [chatId, each] of this.byChat)
      if (each === draft && !this.isMoving(chatId, draft)) this.pictures.write(chatId, draft.pictures.get());
    this.timer ??= setTimeout(this.write, WRITE_AFTER_MS);
  }
}

/** Texts of messages that are being changed, by the message. */
class Edits {
  constructor(private readonly storage: DraftStorage) {}

  read(messageId: string): string | undefined {
    return this.storage.read(`edit:${messageId}`)?.text;
  }

  keep(messageId: string, text: string): void {
    this.storage.write(`edit:${messageId}`, { text, bases: [], files: [] });
  }

  forget(messageId: string): void {
    this.keep(messageId, '');
  }
}

const DraftsContext = createContext<Drafts | undefined>(undefined);

/** Keeps the drafts of the signed-in user. */
export function DraftsProvider({ userId, children }: { userId: string; children: ReactNode }) {
  const [drafts] = useState(() => new Drafts(new DraftStorage(localStorage, userId), new PictureStore(userId)));
  useEffect(() => {
    addEventListener('pagehide', drafts.write);
    return () => {
      removeEventListener('pagehide', drafts.write);
      drafts.write();
    };
  }, [drafts]);
  return <DraftsContext value={drafts}>{children}</DraftsContext>;
}

export function useDrafts(): Drafts {
  const drafts = useContext(DraftsContext);
  if (!drafts) throw new Error('useDrafts is called outside of DraftsProvider.');
  return drafts;
}
