import { route, type Route } from '@perennial/contracts-gateway';
import { z } from 'zod';

const page = { items: [], total: 0 };

/**
 * Calls that a client makes on its first load and in its sidebar for features that are not offered yet, with the shape in which it
 * expects "nothing there". Adding a feature takes its line away.
 */
const NOTHING_THERE: readonly (readonly [path: string, answer: unknown])[] = [
  ['/api/v1/chats/all/tags', []],
  ['/api/v1/chats/:id/tags', []],
  ['/api/v1/chats/shared', []],
  ['/api/v1/folders/', []],
  ['/api/v1/folders/shared', []],
  ['/api/v1/tools/', []],
  ['/api/v1/tools/list', []],
  ['/api/v1/notes/', []],
  ['/api/v1/notes/pinned', []],
  ['/api/v1/notes/search', page],
  ['/api/v1/channels/', []],
  ['/api/v1/terminals/', []],
  ['/api/v1/functions/', []],
  ['/api/v1/skills/', []],
  ['/api/v1/skills/list', page],
  ['/api/v1/prompts/', []],
  ['/api/v1/prompts/list', page],
  ['/api/v1/memories/', []],
  ['/api/v1/groups/', []],
  ['/api/v1/users/groups', []],
  ['/api/v1/models/list', page],
];

export const EMPTY_LISTS: readonly { route: Route; answer: unknown }[] = NOTHING_THERE.map(([path, answer]) => ({
  route: route({ method: 'GET', path, access: 'user', reply: z.unknown() }),
  answer,
}));
