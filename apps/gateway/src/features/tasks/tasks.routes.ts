import { runs } from '@perennial/contracts-chat';
import { type RouteReply, routes } from '@perennial/contracts-gateway';
import { forward, forwards } from '../../http/forward';

const stopped = ({ cancelled }: { cancelled: string[] }): RouteReply<typeof routes.tasks.stop> =>
  cancelled.length > 0
    ? { status: true, message: `Stopped ${cancelled.length}.` }
    : { status: false, message: 'Nothing was running.' };

/** A task is an answer that is being written; its id is the run's. */
export const TasksRoutes = forwards(
  forward(routes.tasks.stopAll, runs.cancel, {
    to: ({ params }) => ({ chatId: params.id }),
    from: stopped,
    hide: 'chat',
  }),
  forward(routes.tasks.stop, runs.cancel, { to: ({ params }) => ({ runId: params.id }), from: stopped, hide: 'task' }),
);
