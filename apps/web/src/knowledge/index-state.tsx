import { ProgressBar } from '../files/progress-bar';
import { useIndexState, useReindex } from './knowledge-queries';

/** The active index and the progress of the one that will replace it, for administrators. */
export function IndexState() {
  const index = useIndexState();
  const reindex = useReindex();
  const { active, building, refused } = index.data ?? {};

  const readAgain = () => {
    const question = 'Read every file of everybody again? Searches go on meanwhile.';
    if (window.confirm(question)) reindex.mutate(undefined);
  };

  return (
    <section className="index-state" aria-label="Index">
      <div>
        {index.error && !index.data && <p role="alert">The state of the index is not known: {index.error.message}</p>}
        {index.data && (
          <p className="muted">
            {active ? `Searches are answered with ${active.model}.` : 'Nothing has been indexed yet.'}
          </p>
        )}
        {building && (
          <>
            <p role="status">
              A new index is being built with {building.model}: {building.done} of {building.total} files done.
              {active && ' Until it is complete the present one answers.'}
            </p>
            <ProgressBar
              label="Progress of the new index"
              share={building.total > 0 ? building.done / building.total : undefined}
            />
            {building.error && (
              <p className="problem" role="alert">
                {building.error}
              </p>
            )}
          </>
        )}
        {refused !== undefined && refused.total > 0 && (
          <details>
            <summary>
              {refused.total === 1 ? '1 file is' : `${refused.total} files are`} not found by meaning: the embedding
              model refuses a part of the text. {refused.total === 1 ? 'It is' : 'They are'} tried again.
            </summary>
            <ul>
              {refused.files.map(({ id, filename, error }) => (
                <li key={id}>
                  {filename}: {error}
                </li>
              ))}
            </ul>
          </details>
        )}
        {reindex.isSuccess && <p role="status">All files are being read again.</p>}
        {reindex.error && (
          <p className="problem" role="alert">
            {reindex.error.message}
          </p>
        )}
      </div>
      <button type="button" className="button button-quiet" disabled={reindex.isPending} onClick={readAgain}>
        Read all files again
      </button>
    </section>
  );
}
