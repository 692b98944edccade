import { tags } from '@perennial/contracts-chat';
import { routes } from '@perennial/contracts-gateway';
import { forward, forwards } from '../../http/forward';

export const ChatTagsRoutes = forwards(
  forward(routes.chatTags.ofChat, tags.ofChat, {
    to: ({ params }) => ({ chatId: params.id }),
    from: (reply) => reply.tags,
    hide: 'chat',
  }),
  forward(routes.chatTags.add, tags.add, {
    to: ({ params, body }) => ({ chatId: params.id, name: body.name }),
    from: (reply) => reply.tags,
    hide: 'chat',
  }),
  forward(routes.chatTags.remove, tags.remove, {
    to: ({ params, body }) => ({ chatId: params.id, name: body.name }),
    from: (reply) => reply.tags,
    hide: 'chat',
  }),
  forward(routes.chatTags.all, tags.all, { from: (reply) => reply.tags }),
  forward(routes.chatTags.chats, tags.chats, { to: ({ body }) => body, from: ({ items }) => items }),
);
