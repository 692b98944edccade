import { chats } from '@perennial/contracts-chat';
import { routes } from '@perennial/contracts-gateway';
import { forward, forwards } from '../../http/forward';

export const ChatsRoutes = forwards(
  forward(routes.chats.list, chats.list, {
    to: ({ query }) => ({
      page: query.page,
      ...(query.include_pinned ? {} : { pinned: false }),
      sortBy: query.sort_by,
      direction: query.sort_dir,
    }),
    from: ({ items }) => items,
  }),
  forward(routes.chats.pinned, chats.list, {
    to: ({ query }) => ({ page: query.page, pinned: true }),
    from: ({ items }) => items,
  }),
  forward(routes.chats.archived, chats.list, {
    to: ({ query }) => ({
      page: query.page,
      archived: true,
      title: query.query,
      sortBy: query.order_by,
      direction: query.direction,
    }),
    from: ({ items }) => items,
  }),
  forward(routes.chats.search, chats.search, { to: ({ query }) => query, from: ({ items }) => items }),
  forward(routes.chats.outline, chats.outline, { to: ({ params }) => ({ chatId: params.id }), hide: 'chat' }),
  forward(routes.chats.remove, chats.remove, {
    to: ({ params }) => ({ chatId: params.id }),
    from: ({ deleted }) => deleted,
    hide: 'chat',
  }),
);
