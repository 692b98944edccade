import type { PickerModel } from '@perennial/contracts-wire';
import { t } from '../messages';
import { suggestionsOf } from '../models/model-facts';

interface SuggestionsProps {
  model: PickerModel | undefined;
  onChoose: (text: string) => void;
}

/** What one might ask this model, as its administrator has written it: it goes into the box, and is not sent. */
export function Suggestions({ model, onChoose }: SuggestionsProps) {
  const suggestions = suggestionsOf(model);
  if (suggestions.length === 0) return null;
  return (
    <ul className="suggestions" aria-label={t('chat.suggestions')}>
      {suggestions.map((text) => (
        <li key={text}>
          <button type="button" dir="auto" onClick={() => onChoose(text)}>
            {text}
          </button>
        </li>
      ))}
    </ul>
  );
}
