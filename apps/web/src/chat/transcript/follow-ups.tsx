import type { Message } from '@perennial/contracts-wire';
import { t } from '../../messages';
import { useMessageActions } from './actions';

/** What one might ask after an answer: a press asks it, and leaves what is in the box alone. */
export function FollowUps({ after, texts }: { after: Message; texts: readonly string[] }) {
  const { ask } = useMessageActions();
  if (texts.length === 0) return null;
  return (
    <ul className="follow-ups" aria-label={t('answer.followUps')}>
      {texts.map((text) => (
        <li key={text}>
          <button
            type="button"
            className="button button-quiet button-small"
            dir="auto"
            onClick={() => ask(after, text)}
          >
            {text}
          </button>
        </li>
      ))}
    </ul>
  );
}
