import { routes } from '@perennial/contracts-gateway';
import { knowledge } from '@perennial/contracts-retrieval';
import { forward, forwards } from '../../http/forward';
import { baseReply } from './wire';

export const KnowledgeRoutes = forwards(
  forward(routes.knowledge.create, knowledge.create, {
    to: ({ body: { name, description } }) => ({ name, description }),
    from: baseReply,
  }),
  forward(routes.knowledge.reindex, knowledge.reindex, { from: () => true }),
  forward(routes.knowledge.reindexBase, knowledge.reindex, {
    to: ({ params }) => ({ knowledgeId: params.id }),
    from: ({ queued }) => ({ status: true, queued }),
    hide: 'base',
  }),
  forward(routes.knowledge.get, knowledge.get, {
    to: ({ params }) => ({ knowledgeId: params.id }),
    from: baseReply,
    hide: 'base',
  }),
  forward(routes.knowledge.update, knowledge.update, {
    to: ({ params, body: { name, description } }) => ({ knowledgeId: params.id, name, description }),
    from: baseReply,
    hide: 'base',
  }),
  forward(routes.knowledge.remove, knowledge.remove, {
    to: ({ params }) => ({ knowledgeId: params.id }),
    from: ({ deleted }) => deleted,
    hide: 'base',
  }),
  forward(routes.knowledge.reset, knowledge.reset, {
    to: ({ params }) => ({ knowledgeId: params.id }),
    from: baseReply,
    hide: 'base',
  }),
);
