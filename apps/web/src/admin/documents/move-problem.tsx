import { Problem } from '../../ui/problem';
import { ta } from '../messages';

/** Why a move does not go on. The reason names files and stores, and has no code: it comes behind a sentence of the page. */
export function MoveProblem({ error, paused }: { error: string | null; paused: boolean }) {
  if (error === null) return null;
  return <Problem of={paused ? ta('move.stopped', { reason: error }) : ta('move.again', { reason: error })} />;
}
