export const CHATS_KEY = ['chats'];
/** What is read again with the list. */
export const PINNED_KEY = [...CHATS_KEY, 'pinned'];
export const ARCHIVED_KEY = [...CHATS_KEY, 'archived'];
export const chatKey = (chatId: string) => ['chat', chatId];
export const outlineKey = (chatId: string) => ['chat', chatId, 'outline'];
export const tasksKey = (chatId: string) => ['chat', chatId, 'tasks'];

/** Of the server's list of chats. */
export const CHATS_PER_PAGE = 60;
