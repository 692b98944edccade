import type { PickerModel } from '@perennial/contracts-wire';
import { t } from '../messages';
import { numberText } from '../messages/formats';
import { isObject, objectsIn, textIn } from '../wire/narrow';

const SUGGESTIONS = 3;

/** What an administrator wrote about a model; any client may have. */
function metaOf(model: PickerModel | undefined): Readonly<Record<string, unknown>> {
  const meta = model?.info?.['meta'];
  return isObject(meta) ? meta : {};
}

/** What one might ask a model. */
export function suggestionsOf(model: PickerModel | undefined): string[] {
  return suggestionsIn(metaOf(model)['suggestion_prompts']);
}

/** The first suggestions of a list, as an administrator wrote it. */
export function suggestionsIn(list: unknown): string[] {
  const texts = objectsIn(list).map((prompt) => textIn(prompt, 'content')?.trim() ?? '');
  return [...new Set(texts)].filter((text) => text !== '').slice(0, SUGGESTIONS);
}

/** What a model is for. */
export function descriptionOf(model: PickerModel | undefined): string | undefined {
  return textIn(metaOf(model), 'description')?.trim() || undefined;
}

/** Whether a model sees pictures; undefined if nobody has said so. */
export function seesPictures(model: PickerModel | undefined): boolean | undefined {
  const capabilities = metaOf(model)['capabilities'];
  const vision = isObject(capabilities) ? capabilities['vision'] : undefined;
  return typeof vision === 'boolean' ? vision : undefined;
}

/** How much a model can take in, as a text; nothing if nobody has said so. */
export function contextOf({ context_length: tokens }: PickerModel): string[] {
  return tokens === undefined ? [] : [t('model.context', { tokens: numberText(tokens, { notation: 'compact' }) })];
}
