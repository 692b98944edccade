import { routes } from '@perennial/contracts-gateway';
import { knowledgeDirectories } from '@perennial/contracts-retrieval';
import { forward, forwards } from '../../http/forward';
import { idOf } from '../../http/hidden';

/** The directories of a base. */
export const KnowledgeDirectoriesRoutes = forwards(
  forward(routes.knowledge.createDirectory, knowledgeDirectories.create, {
    to: ({ params, body }) => ({
      knowledgeId: params.id,
      name: body.name,
      parentId: body.parent_id ? idOf('directory', body.parent_id) : null,
    }),
    hide: 'base',
  }),
  forward(routes.knowledge.updateDirectory, knowledgeDirectories.update, {
    to: ({ params, body: { name, parent_id: parentId } }) => ({
      ...oneOf(params),
      name: name ?? undefined,
      parentId: parentId ? idOf('directory', parentId) : parentId,
    }),
    hide: 'base',
  }),
  forward(routes.knowledge.removeDirectory, knowledgeDirectories.remove, {
    to: ({ params, query }) => ({ ...oneOf(params), moveFiles: query.move_files }),
    from: ({ removed }) => ({ status: removed }),
    hide: 'base',
  }),
);

function oneOf({ id, dirId }: { id: string; dirId: string }) {
  return { knowledgeId: id, directoryId: idOf('directory', dirId) };
}
