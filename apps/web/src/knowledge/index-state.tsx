import { ProgressBar } from '../files/progress-bar';
import { t } from '../messages';
import { Problem } from '../ui/problem';
import { useQuestion } from '../ui/question';
import { useIndexState, useReindex } from './knowledge-queries';

/** The active index and the progress of the one that will replace it, for administrators. */
export function IndexState() {
  const index = useIndexState();
  const reindex = useReindex();
  const [ask, asked] = useQuestion();
  const { active, building, refused } = index.data ?? {};

  const readAgain = () => {
    const onSure = () => reindex.mutate(undefined);
    ask({ text: t('index.readAgainAsk'), action: t('index.readAgain'), onSure });
  };

  return (
    <section className="index-state" aria-label={t('index')}>
      <div>
        {index.error && !index.data && <p role="alert">{t('index.unknown', { reason: index.error.message })}</p>}
        {index.data && (
          <p className="muted">{active ? t('index.answeredWith', { model: active.model }) : t('index.none')}</p>
        )}
        {building && (
          <>
            <p role="status">{t(active ? 'index.buildingBesides' : 'index.building', building)}</p>
            <ProgressBar
              label={t('index.progress')}
              share={building.total > 0 ? building.done / building.total : undefined}
            />
            <Problem of={building.error} />
          </>
        )}
        {refused !== undefined && refused.total > 0 && (
          <details>
            <summary>{t('index.refused', { count: refused.total })}</summary>
            <ul>
              {refused.files.map(({ id, filename, error }) => (
                <li key={id}>
                  {filename}: {error}
                </li>
              ))}
            </ul>
          </details>
        )}
        {reindex.isSuccess && <p role="status">{t('index.readingAgain')}</p>}
        <Problem of={reindex.error} />
      </div>
      <button type="button" className="button button-quiet" disabled={reindex.isPending} onClick={readAgain}>
        {t('index.readAgain')}
      </button>
      {asked}
    </section>
  );
}
