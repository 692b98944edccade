import { atAccountEnd } from '../../state/account-end';
import { Store } from '../../state/store';
import type { ChatImport } from './chat-import';

/** The import of this page and who began it: it goes on when the settings are closed, and is nobody else's. */
export const IMPORT = new Store<{ userId: string; chats: ChatImport } | undefined>(undefined);

atAccountEnd(() => {
  IMPORT.get()?.chats.stop('');
  IMPORT.set(undefined);
});
