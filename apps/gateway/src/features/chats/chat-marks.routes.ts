import { marks } from '@perennial/contracts-chat';
import { routes } from '@perennial/contracts-gateway';
import { forward, forwards } from '../../http/forward';

export const ChatMarksRoutes = forwards(
  forward(routes.chatMarks.pin, marks.pin, {
    to: ({ params, body }) => ({ chatId: params.id, pinned: body?.pinned }),
    hide: 'chat',
  }),
  forward(routes.chatMarks.isPinned, marks.get, {
    to: ({ params }) => ({ chatId: params.id }),
    from: ({ pinned }) => pinned,
    hide: 'chat',
  }),
  forward(routes.chatMarks.archive, marks.archive, {
    to: ({ params, body }) => ({ chatId: params.id, archived: body?.archived }),
    hide: 'chat',
  }),
  forward(routes.chatMarks.archiveAll, marks.archiveAll, { to: () => ({ archived: true }), from: () => true }),
  forward(routes.chatMarks.unarchiveAll, marks.archiveAll, { to: () => ({ archived: false }), from: () => true }),
  forward(routes.chatMarks.countArchived, marks.countArchived, { from: ({ count }) => count }),
  forward(routes.chatMarks.unread, marks.unread, {
    to: ({ params }) => ({ chatId: params.id }),
    from: ({ chatId, lastReadAt, folderId }) => ({
      chat_id: chatId,
      last_read_at: lastReadAt,
      folder_id: folderId,
      folder_unread_counts: {},
    }),
    hide: 'chat',
  }),
  forward(routes.chatMarks.readAll, marks.readAll, { from: () => true }),
);
