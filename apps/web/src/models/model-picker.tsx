import type { Model } from '@perennial/contracts-wire';
import { useMemo, useState } from 'react';
import { t } from '../messages';
import { type Choice, ChoiceList } from '../ui/choice-list';
import { Dialog } from '../ui/dialog';
import { descriptionOf, seesPictures } from './model-facts';
import { groupModels, providerOf } from './model-search';

interface PickerProps {
  models: readonly Model[];
  /** Ids of models that were chosen before, the last first. */
  recent: readonly string[];
  value?: string;
  onChoose: (id: string) => void;
  onClose: () => void;
}

/** Finds one of the models, however many there are. */
export default function ModelPicker({ models, recent, value, onChoose, onClose }: PickerProps) {
  const [text, setText] = useState('');
  const choices = useMemo(() => choicesOf(groupModels(models, text, recent)), [models, text, recent]);
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

/** Before the id of a recent model, which is in two groups. */
const RECENT = 'recent\n';

/** What tells a model from others of its provider comes first: a narrow screen cuts off the end. */
function nameOf({ id, name }: Model): string {
  return name === id ? id.slice(id.indexOf('/') + 1) || id : name;
}

/** What it is for, if somebody has said so, else where it comes from; and whether it sees pictures. */
function noteOf(model: Model): string {
  const from = model.name === model.id ? providerOf(model) : model.id;
  const sees = seesPictures(model) === true ? [t('model.sees')] : [];
  return [...sees, descriptionOf(model) ?? from].join(' · ');
}

function choicesOf(groups: ReturnType<typeof groupModels>): Choice[] {
  return groups.flatMap(({ name, models }, at) => {
    const rows = models.map((model) => ({
      id: at === 0 && name === t('model.recent') ? RECENT + model.id : model.id,
      row: (
        <>
          <span className="choice-name" dir="auto">
            {nameOf(model)}
          </span>
          <span className="choice-note" title={descriptionOf(model)}>
            {noteOf(model)}
          </span>
        </>
      ),
    }));
    return rows.length === 0 ? [] : [{ id: `\n${name}`, heading: true, row: name }, ...rows];
  });
}
