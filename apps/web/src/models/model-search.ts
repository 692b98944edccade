import type { PickerModel } from '@perennial/contracts-wire';
import { t } from '../messages';

/** A part of the list of models. */
export interface ModelGroup {
  name: string;
  models: readonly PickerModel[];
}

/**
 * The models for a search: those that have each of its words, the best first, in one group. Without words all of them, those that were chosen
 * last at the top, then by provider.
 */
export function groupModels(models: readonly PickerModel[], text: string, recent: readonly string[]): ModelGroup[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length > 0) return [{ name: t('model.found'), models: found(models, words) }];
  const byId = new Map(models.map((model) => [model.id, model]));
  const known = recent.flatMap((id) => byId.get(id) ?? []);
  const byProvider = new Map<string, PickerModel[]>();
  for (const model of models) {
    const name = providerOf(model);
    const group = byProvider.get(name);
    if (group) group.push(model);
    else byProvider.set(name, [model]);
  }
  const groups = [...byProvider].map(([name, models]) => ({ name, models: models.sort(byName) }));
  groups.sort((one, other) => compare(one.name, other.name));
  return known.length > 0 && models.length > known.length
    ? [{ name: t('model.recent'), models: known }, ...groups]
    : groups;
}

/** Who made a model, as far as its id tells it (`maker/model`), else whose server it is on. */
export function providerOf({ id, owned_by: owner, connection_type: place }: PickerModel): string {
  const maker = /^([\w.-]+)\//.exec(id)?.[1];
  return maker ?? (place === 'local' ? t('model.onInstallation') : owner || t('model.other'));
}

function found(models: readonly PickerModel[], words: readonly string[]): PickerModel[] {
  const scored = models.flatMap((model) => {
    const name = model.name.toLowerCase();
    const all = `${name} ${model.id.toLowerCase()} ${model.tags.map((tag) => tag.name.toLowerCase()).join(' ')}`;
    let score = 0;
    for (const word of words) {
      const at = all.indexOf(word);
      if (at === -1 && !isSubsequence(word, all)) return [];
      score += at === -1 ? 1_000 : Math.min(at, 500) - (name === word ? 500 : 0) - (isWordStart(all, at) ? 100 : 0);
    }
    return [{ model, score }];
  });
  scored.sort((one, other) => one.score - other.score || byName(one.model, other.model));
  return scored.map(({ model }) => model);
}

function isWordStart(text: string, at: number): boolean {
  return at === 0 || !/[\p{L}\d]/u.test(text.charAt(at - 1));
}

/** `gp4o` is in `gpt-4o`. */
function isSubsequence(letters: string, text: string): boolean {
  let at = 0;
  for (const letter of text) if (letter === letters[at]) at += 1;
  return letters.length > 2 && at >= letters.length;
}

const compare = new Intl.Collator(undefined, { numeric: true }).compare;
const byName = (one: PickerModel, other: PickerModel): number => compare(one.name, other.name);
