export const CHATS_KEY = ['chats'];
export const chatKey = (chatId: string) => ['chat', chatId];
export const tasksKey = (chatId: string) => ['chat', chatId, 'tasks'];

/** Of the server's list of chats. */
export const CHATS_PER_PAGE = 60;
