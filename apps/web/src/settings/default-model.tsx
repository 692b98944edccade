import { lazy, Suspense, useState } from 'react';
import { useModels } from '../chat/chat-queries';
import { t } from '../messages';
import { usePreferences } from '../preferences/preferences';
import { Problem } from '../ui/problem';
import type { ControlProps } from './controls';
import { useSave } from './controls';
import { ts } from './messages';

const ModelPicker = lazy(() => import('../models/model-picker'));

/** The model that a new chat begins with. */
export function DefaultModel({ id, name }: ControlProps) {
  const models = useModels();
  const { models: present } = usePreferences();
  const [choosing, setChoosing] = useState(false);
  const save = useSave(name);
  const all = models.data?.data ?? [];
  const shown = present?.[0];
  const words = shown === undefined ? ts('model.last') : (all.find((model) => model.id === shown)?.name ?? shown);
  return (
    <div className="row">
      <button
        id={id}
        type="button"
        className="button button-quiet button-small"
        aria-haspopup="dialog"
        aria-label={`${name}: ${words}`}
        onClick={() => setChoosing(true)}
      >
        {words}
      </button>
      {shown !== undefined && (
        <button
          type="button"
          className="button button-quiet button-small"
          onClick={() => save({ models: undefined }, { models: present })}
        >
          {ts('model.last')}
        </button>
      )}
      <Problem of={models.data ? undefined : models.error} />
      {choosing && (
        <Suspense fallback={<span role="status">{t('page.loading')}</span>}>
          <ModelPicker
            models={all}
            recent={[]}
            value={shown}
            onChoose={(model) => save({ models: [model] }, { models: present })}
            onClose={() => setChoosing(false)}
          />
        </Suspense>
      )}
    </div>
  );
}
