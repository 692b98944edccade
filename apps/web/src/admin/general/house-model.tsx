import { lazy, Suspense, useState } from 'react';
import { useModels } from '../../chat/chat-queries';
import { t } from '../../messages';
import { PartBoundary } from '../../ui/part-boundary';
import { Problem } from '../../ui/problem';
import { ta } from '../messages';
import { defaultsOf, useModelsConfig, useOfferModels } from '../models/model-queries';

const ModelPicker = lazy(() => import('../../models/model-picker'));

/** The model that a new chat starts with for who has chosen none. It is saved as it is chosen. */
export function HouseModel() {
  const models = useModels();
  const config = useModelsConfig();
  const offering = useOfferModels();
  const [choosing, setChoosing] = useState(false);
  if (!config.data) return <Problem of={config.error} />;
  const all = models.data?.data ?? [];
  const shown = config.data;
  const [id] = defaultsOf(shown);
  const words = id === undefined ? ta('house.firstModel') : (all.find((model) => model.id === id)?.name ?? id);
  const choose = (model: string | null) => offering.mutate({ shown, next: { DEFAULT_MODELS: model } });
  return (
    <div className="admin-form admin-narrow">
      <div className="admin-setting">
        <span id="house-model">{ta('house.model')}</span>
        <div className="row">
          <button
            type="button"
            className="button button-quiet button-small"
            aria-haspopup="dialog"
            aria-label={`${ta('house.model')}: ${words}`}
            disabled={offering.isPending}
            onClick={() => setChoosing(true)}
          >
            {words}
          </button>
          {id !== undefined && (
            <button type="button" className="button button-quiet button-small" onClick={() => choose(null)}>
              {ta('house.forget')}
            </button>
          )}
        </div>
        <p className="muted">{ta('house.modelMeans')}</p>
      </div>
      <Problem of={offering.error ?? (models.data ? undefined : models.error)} />
      <span role="status">{offering.isSuccess ? ta('saved') : ''}</span>
      {choosing && (
        <PartBoundary onClose={() => setChoosing(false)}>
          <Suspense fallback={<span role="status">{t('page.loading')}</span>}>
            <ModelPicker
              models={all}
              recent={[]}
              value={id}
              onChoose={(model) => choose(model)}
              onClose={() => setChoosing(false)}
            />
          </Suspense>
        </PartBoundary>
      )}
    </div>
  );
}
