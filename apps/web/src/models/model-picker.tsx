import type { PickerModel } from '@perennial/contracts-wire';
import { useMemo, useState } from 'react';
import { t } from '../messages';
import { ChoiceList } from '../ui/choice-list';
import { Dialog } from '../ui/dialog';
import { modelChoices, RECENT } from './model-choices';
import { groupModels } from './model-search';

interface PickerProps {
  models: readonly PickerModel[];
  /** Ids of models that were chosen before, the last first. */
  recent: readonly string[];
  value?: string;
  onChoose: (id: string) => void;
  onClose: () => void;
}

/** Finds one of the models, however many there are. */
export default function ModelPicker({ models, recent, value, onChoose, onClose }: PickerProps) {
  const [text, setText] = useState('');
  const choices = useMemo(() => modelChoices(groupModels(models, text, recent)), [models, text, recent]);
  return (
    <Dialog title={t('model.choose')} className="finder" onClose={onClose}>
      <ChoiceList
        name={t('model.search')}
        text={text}
        onText={setText}
        choices={choices}
        current={choices.find(({ id }) => id === RECENT + value)?.id ?? value}
        onChoose={(key) => {
          onChoose(key.replace(RECENT, ''));
          onClose();
        }}
        empty={models.length === 0 ? t('model.noneYet') : t('model.noMatch', { query: text.trim() })}
      />
    </Dialog>
  );
}
