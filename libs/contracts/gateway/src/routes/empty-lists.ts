import { z } from 'zod';
import { route } from '../route';

/**
 * Routes that a client calls on load and in its sidebar for features that we do not have yet; each replies with its empty shape. Remove a
 * line when its feature is added.
 */
const list = { method: 'GET', access: 'user', reply: z.array(z.never()) } as const;
const page = { ...list, reply: z.object({ items: z.array(z.never()), total: z.literal(0) }) } as const;

export const sharedChats = route({ ...list, path: '/api/v1/chats/shared' });
export const folders = route({ ...list, path: '/api/v1/folders/' });
export const sharedFolders = route({ ...list, path: '/api/v1/folders/shared' });
export const tools = route({ ...list, path: '/api/v1/tools/' });
export const toolList = route({ ...list, path: '/api/v1/tools/list' });
export const notes = route({ ...list, path: '/api/v1/notes/' });
export const pinnedNotes = route({ ...list, path: '/api/v1/notes/pinned' });
export const noteSearch = route({ ...page, path: '/api/v1/notes/search' });
export const channels = route({ ...list, path: '/api/v1/channels/' });
export const terminals = route({ ...list, path: '/api/v1/terminals/' });
export const functions = route({ ...list, path: '/api/v1/functions/' });
export const skills = route({ ...list, path: '/api/v1/skills/' });
export const skillList = route({ ...page, path: '/api/v1/skills/list' });
export const prompts = route({ ...list, path: '/api/v1/prompts/' });
export const promptList = route({ ...page, path: '/api/v1/prompts/list' });
export const memories = route({ ...list, path: '/api/v1/memories/' });
export const groups = route({ ...list, path: '/api/v1/groups/' });
export const userGroups = route({ ...list, path: '/api/v1/users/groups' });
export const modelList = route({ ...page, path: '/api/v1/models/list' });
