import { routes } from '@perennial/contracts-gateway';
import { files } from '@perennial/contracts-retrieval';
import { FILES_PER_PAGE } from '@perennial/contracts-wire';
import { forward, forwards } from '../../http/forward';
import { toFileName } from './file-name';
import { fileReply } from './file-reply';

export const FilesRoutes = forwards(
  forward(routes.files.list, files.list, { to: ({ query }) => ({ page: query.page, limit: FILES_PER_PAGE }) }),
  forward(routes.files.search, files.search, {
    to: ({ query: { filename, skip, limit } }) => ({ filename, skip, limit }),
    from: ({ items }) => items,
  }),
  forward(routes.files.count, files.count, { from: ({ count }) => count }),
  forward(routes.files.removeAll, files.removeAll, {
    from: ({ deleted }) => ({ message: deleted === 1 ? 'One file was deleted.' : `${deleted} files were deleted.` }),
  }),
  forward(routes.files.get, files.get, { to: ({ params }) => ({ fileId: params.id }), from: fileReply, hide: 'file' }),
  forward(routes.files.remove, files.remove, {
    to: ({ params }) => ({ fileId: params.id }),
    from: () => ({ message: 'The file was deleted.' }),
    hide: 'file',
  }),
  forward(routes.files.rename, files.rename, {
    to: ({ params, body }) => ({ fileId: params.id, name: toFileName(body.filename) }),
    from: fileReply,
    hide: 'file',
  }),
  forward(routes.files.retry, files.retry, {
    to: ({ params }) => ({ fileId: params.id }),
    from: fileReply,
    hide: 'file',
  }),
);
