import type { KnowledgeSource } from '@perennial/contracts-wire';
import { useState } from 'react';
import { t } from '../../messages';
import { Icon } from '../../ui/icon';
import { Problem } from '../../ui/problem';
import { useQuestion } from '../../ui/question';
import { tso } from './messages';
import { SourceDocuments } from './source-documents';
import { SourceForm } from './source-form';
import { useSourceChanges, useSources } from './source-queries';
import { intervalChoices, nameOf, statusWords } from './source-words';

interface SourcesProps {
  baseId: string;
  /** May add folders of the operator. */
  isAdmin: boolean;
}

/** Where documents of a base come from by themselves, for those who may change it. */
export default function Sources({ baseId, isAdmin }: SourcesProps) {
  const sources = useSources(baseId);
  const { add, sync, plan, remove } = useSourceChanges(baseId);
  const [adding, setAdding] = useState(false);
  const [opened, setOpened] = useState<KnowledgeSource>();
  const [ask, asked] = useQuestion();
  const problem = sync.error ?? plan.error ?? remove.error ?? (sources.data ? null : sources.error);
  const removeSource = (source: KnowledgeSource) => {
    const text = tso('removeAsk', { name: nameOf(source) });
    ask({ text, action: t('action.delete'), onSure: () => remove.mutate(source.id) });
  };
  return (
    <section className="base-sources" aria-label={tso('sources')}>
      <div className="row">
        <h2>{tso('sources')}</h2>
        <button type="button" className="button button-quiet button-small" onClick={() => setAdding(true)}>
          {tso('add')}
        </button>
      </div>
      <p className="muted">{tso('sources.hint')}</p>
      <Problem of={problem} />
      <ul className="document-list" aria-label={tso('sources')}>
        {sources.data?.map((source) => (
          <SourceRow
            key={source.id}
            source={source}
            onOpen={() => setOpened(source)}
            onSync={() => sync.mutate(source.id)}
            onPlan={(interval) => plan.mutate({ id: source.id, interval })}
            onRemove={() => removeSource(source)}
          />
        ))}
      </ul>
      {adding && (
        <SourceForm
          isAdmin={isAdmin}
          busy={add.isPending}
          problem={add.error?.message}
          onSave={(source) => add.mutate(source, { onSuccess: () => setAdding(false) })}
          onClose={() => {
            add.reset();
            setAdding(false);
          }}
        />
      )}
      {asked}
      {opened && <SourceDocuments baseId={baseId} source={opened} onClose={() => setOpened(undefined)} />}
    </section>
  );
}

interface RowProps {
  source: KnowledgeSource;
  onOpen: () => void;
  onSync: () => void;
  onPlan: (interval: number | null) => void;
  onRemove: () => void;
}

function SourceRow({ source, onOpen, onSync, onPlan, onRemove }: RowProps) {
  const name = nameOf(source);
  const { error, status, truncated, interval, documents } = source;
  const { stored = 0, failed = 0 } = documents;
  const facts = [
    statusWords(source, Date.now() / 1_000),
    tso('stored', { count: stored }),
    ...(failed > 0 ? [tso('failed', { count: failed })] : []),
  ];
  return (
    <li className="document-row source-row" data-state={error === null ? undefined : 'failed'}>
      <Icon name="again" />
      <div className="document-text">
        <button type="button" className="document-name link-button" dir="ltr" onClick={onOpen} title={tso('documents')}>
          {name}
        </button>
        <span className="document-facts muted" role="status">
          {facts.join(' · ')}
        </span>
        {truncated && <span className="document-facts muted">{tso('truncated')}</span>}
        {error !== null && <span className="document-problem">{error}</span>}
      </div>
      <select
        aria-label={tso('intervalOf', { name })}
        value={String(interval ?? '')}
        onChange={({ target }) => onPlan(target.value === '' ? null : Number(target.value))}
      >
        {intervalChoices(interval).map(([value, words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </select>
      <button
        type="button"
        className="button button-quiet button-small"
        aria-label={tso('syncNamed', { name })}
        disabled={status !== 'idle'}
        onClick={onSync}
      >
        {tso('syncNow')}
      </button>
      <button
        type="button"
        className="icon-button"
        aria-label={tso('remove', { name })}
        title={t('action.delete')}
        onClick={onRemove}
      >
        <Icon name="close" />
      </button>
    </li>
  );
}

export { textsLoaded } from './messages';
