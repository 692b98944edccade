import type { PickerModel } from '@perennial/contracts-wire';
import { useConfig } from '../house/use-config';
import { t } from '../messages';
import { suggestionsIn, suggestionsOf } from '../models/model-facts';

interface SuggestionsProps {
  model: PickerModel | undefined;
  onChoose: (text: string) => void;
}

/** What one might ask this model, or any, as an administrator has written it: it goes into the box, and is not sent. */
export function Suggestions({ model, onChoose }: SuggestionsProps) {
  const own = suggestionsOf(model);
  const config = useConfig();
  const suggestions = own.length > 0 ? own : suggestionsIn(config.data?.default_prompt_suggestions);
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
