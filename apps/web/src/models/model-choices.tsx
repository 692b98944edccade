import type { PickerModel } from '@perennial/contracts-wire';
import { t } from '../messages';
import type { Choice } from '../ui/choices';
import { contextOf, descriptionOf, seesPictures } from './model-facts';
import { type groupModels, providerOf } from './model-search';

/** Before the id of a recent model, which is in two groups. */
export const RECENT = 'recent\n';

/** What tells a model from others of its provider comes first: a narrow screen cuts off the end. */
function nameOf({ id, name }: PickerModel): string {
  return name === id ? id.slice(id.indexOf('/') + 1) || id : name;
}

/** How much it can take in and whether it sees pictures, if that is known; what it is for, if somebody has said so, else where it comes from. */
function noteOf(model: PickerModel): string {
  const from = model.name === model.id ? providerOf(model) : model.id;
  const sees = seesPictures(model) === true ? [t('model.sees')] : [];
  return [...contextOf(model), ...sees, descriptionOf(model) ?? from].join(' · ');
}

/** Groups of models as choices. */
export function modelChoices(groups: ReturnType<typeof groupModels>): Choice[] {
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
