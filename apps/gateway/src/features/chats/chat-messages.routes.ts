import { copies, messages } from '@perennial/contracts-chat';
import { routes } from '@perennial/contracts-gateway';
import { forward, forwards } from '../../http/forward';

export const ChatMessagesRoutes = forwards(
  forward(routes.chatMessages.edit, messages.edit, {
    to: ({ params, body }) => ({ chatId: params.id, messageId: params.message_id, content: body.content }),
    hide: 'chat',
  }),
  forward(routes.chatMessages.remove, messages.remove, {
    to: ({ params, query }) => ({ chatId: params.id, messageId: params.message_id, branch: query.branch === 'true' }),
    hide: 'chat',
  }),
  forward(routes.chatCopies.fork, copies.fork, {
    to: ({ params, body }) => ({ chatId: params.id, messageId: body?.message_id ?? undefined }),
    hide: 'chat',
  }),
  forward(routes.chatCopies.clone, copies.clone, {
    to: ({ params, body }) => ({ chatId: params.id, title: body?.title ?? undefined }),
    hide: 'chat',
  }),
);
