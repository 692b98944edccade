import type { RouteReply, routes as declared } from '@perennial/contracts-gateway';
import { call, routes } from '@perennial/web-client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { ProgressBar } from '../../files/progress-bar';
import { dateText, numberText } from '../../messages/formats';
import { Problem } from '../../ui/problem';
import { ta } from '../messages';
import { SecondQuestion } from '../second-question';
import { MoveForm } from './move-form';
import { MoveProblem } from './move-problem';

type Move = RouteReply<typeof declared.retrieval.vectorMoveStatus>;

const MOVE_KEY = ['admin', 'vector-move'];
const LOOK_EACH_MS = 2_000;

/** Where vectors are, and their move to another of the operator's stores; nothing where there is one store. */
export function VectorMove() {
  const move = useQuery({
    queryKey: MOVE_KEY,
    queryFn: () => call(routes.retrieval.vectorMoveStatus, {}),
    refetchInterval: ({ state }) => (state.data?.moving && !state.data.moving.paused ? LOOK_EACH_MS : false),
  });
  const { data } = move;
  if (!data) return <Problem of={move.error} />;
  if (data.stores.length < 2 && !data.moving && !data.former) return null;
  return (
    <section className="admin-section" aria-label={ta('vectors')}>
      <h2>{ta('vectors')}</h2>
      {data.active !== null && <p>{ta('vectors.active', { store: data.active })}</p>}
      <MoveState move={data} />
    </section>
  );
}

/** What can be done about the move, in each of its states. */
export function MoveState({ move: { stores, active, moving, former, comparison } }: { move: Move }) {
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: (step: () => Promise<Move>) => step(),
    onSuccess: (now) => client.setQueryData(MOVE_KEY, now),
  });
  const run = (step: () => Promise<Move>) => change.mutate(step);
  const moveTo = (to: string) => run(() => call(routes.retrieval.startVectorMove, { body: { to } }));
  const others = stores.filter((store) => store !== active);
  return (
    <>
      {moving && (
        <>
          <p>{moving.paused ? ta('vectors.paused', place(moving)) : ta('vectors.moving', place(moving))}</p>
          <ProgressBar
            label={ta('vectors.progress')}
            share={moving.total === 0 ? undefined : moving.done / moving.total}
          />
          <MoveProblem error={moving.error} paused={moving.paused} />
          <div className="row">
            {moving.paused ? (
              <button type="button" className="button" onClick={() => moveTo(moving.to)}>
                {ta('vectors.goOn')}
              </button>
            ) : (
              <button
                type="button"
                className="button button-quiet"
                onClick={() => run(() => call(routes.retrieval.pauseVectorMove, {}))}
              >
                {ta('vectors.pause')}
              </button>
            )}
            <button
              type="button"
              className="button button-quiet"
              onClick={() => run(() => call(routes.retrieval.cancelVectorMove, {}))}
            >
              {ta('vectors.cancel')}
            </button>
          </div>
        </>
      )}
      {comparison && (
        <p className="muted">
          {ta('vectors.compared', {
            equal: comparison.equal,
            samples: comparison.samples,
            recall: numberText(comparison.recall, { style: 'percent', maximumFractionDigits: 1 }),
          })}
        </p>
      )}
      {former && !moving && (
        <>
          <p>{ta('vectors.former', { store: former.store, time: timeIn(former.seconds_left) })}</p>
          <SecondQuestion
            action={ta('vectors.drop', { store: former.store })}
            question={ta('vectors.dropAsk', { store: former.store })}
            consequence={ta('vectors.dropThen')}
            confirm={ta('vectors.dropYes')}
            keep={ta('vectors.keep')}
            busy={change.isPending}
            onConfirm={() => run(() => call(routes.retrieval.finishVectorMove, {}))}
          />
        </>
      )}
      {!moving && others.length > 0 && (
        <MoveForm
          stores={others}
          label={ta('vectors.to')}
          hint={ta('vectors.hint')}
          busy={change.isPending}
          onMove={moveTo}
        />
      )}
      <Problem of={change.error} />
    </>
  );
}

function place({ to, done, total }: { to: string; done: number; total: number }) {
  return { to, done, total };
}

/** The time of day and the date after some seconds. */
function timeIn(seconds: number): string {
  return dateText(Date.now() + seconds * 1_000, { dateStyle: 'medium', timeStyle: 'short' });
}
