import type { RouteReply, routes as declared } from '@perennial/contracts-gateway';
import { call, routes } from '@perennial/web-client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { sizeWords } from '../../files/file-words';
import { ProgressBar } from '../../files/progress-bar';
import { Problem } from '../../ui/problem';
import { ta } from '../messages';
import { SecondQuestion } from '../second-question';
import { MoveForm } from './move-form';
import { MoveProblem } from './move-problem';

type Move = RouteReply<typeof declared.retrieval.blobMoveStatus>;
type Order = NonNullable<Move['order']>;

const MOVE_KEY = ['admin', 'blob-move'];
const LOOK_EACH_MS = 2_000;
const MEGABYTE = 1_000_000;

/** Which store holds the files, and their move to another of the operator's stores; nothing where there is one store. */
export function BlobMove() {
  const move = useQuery({
    queryKey: MOVE_KEY,
    queryFn: () => call(routes.retrieval.blobMoveStatus, {}),
    refetchInterval: ({ state }) =>
      state.data?.command_runs || (state.data?.order && !state.data.order.paused) ? LOOK_EACH_MS : false,
  });
  const { data } = move;
  if (!data) return <Problem of={move.error} />;
  if (data.stores.length < 2 && data.phase === 'settled') return null;
  return (
    <section className="admin-section" aria-label={ta('blobs')}>
      <h2>{ta('blobs')}</h2>
      <p>{ta('blobs.active', { store: data.active })}</p>
      <BlobMoveState move={data} />
    </section>
  );
}

/** What can be done about the move, in each of its states. */
export function BlobMoveState({ move }: { move: Move }) {
  const { stores, phase, active, other, compared } = move;
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: (step: () => Promise<Move>) => step(),
    onSuccess: (now) => client.setQueryData(MOVE_KEY, now),
  });
  const run = (step: () => Promise<Move>) => change.mutate(step);
  const others = stores.filter((store) => store !== active);
  const order = orderOf(move);
  return (
    <>
      {compared && compared.samples > 0 && <p className="muted">{ta('blobs.compared', compared)}</p>}
      {move.command_runs && <p role="status">{ta('blobs.command')}</p>}
      {order && !move.command_runs && <Work key={order.kind} order={order} busy={change.isPending} run={run} />}
      {!order && phase === 'moved' && <AfterMove store={other ?? ''} busy={change.isPending} run={run} />}
      {!order && phase === 'settled' && others.length > 0 && (
        <MoveForm
          stores={others}
          label={ta('blobs.to')}
          hint={ta('blobs.hint')}
          busy={change.isPending}
          onMove={(to, form) => run(() => call(routes.retrieval.startBlobMove, { body: { to, ...rateIn(form) } }))}
        >
          <RateField />
        </MoveForm>
      )}
      <Problem of={change.error} />
    </>
  );
}

type Run = (step: () => Promise<Move>) => void;

/** What is done now, or was left half-way: also by a command that was ended. */
function orderOf({ order, phase, other }: Move): Order | null {
  if (order) return order;
  const left = {
    to: null,
    bytes_per_second: null,
    skip_unreadable: false,
    paused: true,
    progress: null,
    told: null,
    error: null,
  };
  if (phase === 'copying') return { ...left, kind: 'move', to: other };
  return phase === 'returning' ? { ...left, kind: 'rollback' } : null;
}

function Work({ order, busy, run }: { order: Order; busy: boolean; run: Run }) {
  const { kind, paused, progress, error } = order;
  return (
    <>
      <p>{paused ? ta('blobs.paused', { work: workWords(order) }) : workWords(order)}</p>
      {!(paused && progress === null) && (
        <ProgressBar
          label={ta('vectors.progress')}
          share={progress === null || progress.total === 0 ? undefined : progress.done / progress.total}
        />
      )}
      {progress && <p className="muted">{progressWords(progress, paused)}</p>}
      {order.told !== null && <p role="status">{order.told}</p>}
      <MoveProblem error={error} paused={paused} />
      {paused ? (
        <GoOn order={order} busy={busy} run={run} />
      ) : (
        <div className="row">
          <button
            type="button"
            className="button button-quiet"
            disabled={busy}
            onClick={() => run(() => call(routes.retrieval.pauseBlobMove, {}))}
          >
            {ta('vectors.pause')}
          </button>
        </div>
      )}
      {kind === 'move' && <TakeBack busy={busy} run={run} />}
    </>
  );
}

/** Lets it go on; after an error also without what cannot be copied. */
function GoOn({ order, busy, run }: { order: Order; busy: boolean; run: Run }) {
  const [skips, setSkips] = useState(order.skip_unreadable);
  const [gives, setGives] = useState(false);
  const goOn = () =>
    run(() => {
      if (order.kind === 'move')
        return call(routes.retrieval.startBlobMove, {
          body: { to: order.to ?? '', bytes_per_second: order.bytes_per_second, skip_unreadable: skips },
        });
      const body = { skip_unreadable: skips, without_copying: gives };
      return order.kind === 'rollback'
        ? call(routes.retrieval.rollbackBlobMove, { body })
        : call(routes.retrieval.finishBlobMove, { body });
    });
  return (
    <div className="admin-form">
      {order.error !== null && (
        <label>
          <input type="checkbox" checked={skips} onChange={() => setSkips(!skips)} /> {ta('blobs.skip')}
        </label>
      )}
      {order.error !== null && order.kind !== 'move' && (
        <label>
          <input type="checkbox" checked={gives} onChange={() => setGives(!gives)} /> {ta('blobs.lost')}
        </label>
      )}
      <div className="row">
        <button type="button" className="button" disabled={busy} onClick={goOn}>
          {ta('vectors.goOn')}
        </button>
      </div>
    </div>
  );
}

function TakeBack({ busy, run }: { busy: boolean; run: Run }) {
  return (
    <SecondQuestion
      action={ta('blobs.back')}
      question={ta('blobs.backAsk')}
      consequence={ta('blobs.backThen')}
      confirm={ta('blobs.backYes')}
      keep={ta('blobs.backNo')}
      busy={busy}
      onConfirm={() => run(() => call(routes.retrieval.rollbackBlobMove, { body: {} }))}
    />
  );
}

/** Both stores have the files: one of them is left. */
function AfterMove({ store, busy, run }: { store: string; busy: boolean; run: Run }) {
  return (
    <>
      <p>{ta('blobs.former', { store })}</p>
      <SecondQuestion
        action={ta('blobs.finish', { store })}
        question={ta('blobs.finishAsk', { store })}
        consequence={ta('blobs.finishThen')}
        confirm={ta('blobs.finishYes')}
        keep={ta('vectors.keep')}
        busy={busy}
        onConfirm={() => run(() => call(routes.retrieval.finishBlobMove, { body: {} }))}
      />
      <TakeBack busy={busy} run={run} />
    </>
  );
}

/** At most so many megabytes in a second. */
function RateField() {
  return (
    <label className="field">
      {ta('blobs.rate')}
      <input name="rate" type="number" min={1} max={100_000} placeholder={ta('blobs.rateNone')} />
    </label>
  );
}

function rateIn(form: FormData): { bytes_per_second?: number } {
  const rate = Number(form.get('rate') ?? '');
  return rate > 0 ? { bytes_per_second: Math.round(rate * MEGABYTE) } : {};
}

function workWords({ kind, to }: Order): string {
  if (kind === 'move') return ta('blobs.moving', { to: to ?? '' });
  return kind === 'rollback' ? ta('blobs.returning') : ta('blobs.finishing');
}

function progressWords(progress: NonNullable<Order['progress']>, paused: boolean): string {
  const { done, total, copied, bytes, pass } = progress;
  const words = ta('blobs.progress', { pass, done, total, copied, size: sizeWords(bytes) });
  return paused ? words : `${words} ${ta('blobs.rateNow', { size: sizeWords(progress.bytes_per_second) })}`;
}
