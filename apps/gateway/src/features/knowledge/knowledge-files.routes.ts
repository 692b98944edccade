import { routes } from '@perennial/contracts-gateway';
import { knowledge } from '@perennial/contracts-retrieval';
import { forward, forwards } from '../../http/forward';
import { idOf } from '../../http/hidden';
import { baseReply } from './wire';

/** Retrieval's message says which of the two is missing, the base or the file. */
const statuses = { NOT_FOUND: 404, PERMISSION_DENIED: 404 };

/** Files, and the directories of those that are not to be at the top level. */
function placesOf(files: readonly { file_id: string; directory_id?: string | null | undefined }[]): {
  fileIds: string[];
  directoryOf: Record<string, string>;
} {
  const inDirectories = files.flatMap(({ file_id, directory_id }) =>
    directory_id ? [[file_id, idOf('directory', directory_id)] as const] : [],
  );
  return {
    fileIds: files.map(({ file_id }) => idOf('file', file_id)),
    directoryOf: Object.fromEntries(inDirectories),
  };
}

/** Changes to the files of a base. */
export const KnowledgeFilesRoutes = forwards(
  forward(routes.knowledge.addFile, knowledge.addFiles, {
    to: ({ params, body }) => ({ knowledgeId: idOf('base', params.id), ...placesOf([body]) }),
    from: baseReply,
    statuses,
  }),
  forward(routes.knowledge.addFiles, knowledge.addFiles, {
    to: ({ params, body }) => ({
      knowledgeId: idOf('base', params.id),
      ...placesOf(body),
    }),
    from: baseReply,
    statuses,
  }),
  forward(routes.knowledge.updateFile, knowledge.updateFile, {
    to: ({ params, body }) => ({ knowledgeId: idOf('base', params.id), fileId: idOf('file', body.file_id) }),
    from: baseReply,
    statuses,
  }),
  forward(routes.knowledge.moveFile, knowledge.moveFile, {
    to: ({ params, body }) => ({
      knowledgeId: idOf('base', params.id),
      fileId: idOf('file', body.file_id),
      directoryId: body.directory_id ? idOf('directory', body.directory_id) : null,
      ...(body.knowledge_id ? { toKnowledgeId: idOf('base', body.knowledge_id) } : {}),
    }),
    from: ({ moved }) => ({ status: moved }),
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
