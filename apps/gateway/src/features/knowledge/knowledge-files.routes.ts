import { routes } from '@perennial/contracts-gateway';
import { knowledge } from '@perennial/contracts-retrieval';
import { forward, forwards } from '../../http/forward';
import { idOf } from '../../http/hidden';
import { baseReply } from './wire';

/** Retrieval's message says which of the two is missing, the base or the file. */
const statuses = { NOT_FOUND: 404, PERMISSION_DENIED: 404 };

/** Changes to the files of a base. */
export const KnowledgeFilesRoutes = forwards(
  forward(routes.knowledge.addFile, knowledge.addFiles, {
    to: ({ params, body }) => ({ knowledgeId: idOf('base', params.id), fileIds: [idOf('file', body.file_id)] }),
    from: baseReply,
    statuses,
  }),
  forward(routes.knowledge.addFiles, knowledge.addFiles, {
    to: ({ params, body }) => ({
      knowledgeId: idOf('base', params.id),
      fileIds: body.map((file) => idOf('file', file.file_id)),
    }),
    from: baseReply,
    statuses,
  }),
  forward(routes.knowledge.updateFile, knowledge.updateFile, {
    to: ({ params, body }) => ({ knowledgeId: idOf('base', params.id), fileId: idOf('file', body.file_id) }),
    from: baseReply,
    statuses,
  }),
  forward(routes.knowledge.removeFile, knowledge.removeFile, {
    to: ({ params, query, body }) => ({
      knowledgeId: idOf('base', params.id),
      fileId: idOf('file', body.file_id),
      deleteFile: query.delete_file,
    }),
    from: baseReply,
    statuses,
  }),
);
