import type { Message } from '@perennial/contracts-wire';
import { t } from '../../messages';
import { dateText, numberText } from '../../messages/formats';
import { Dialog } from '../../ui/dialog';
import { wholeIn } from '../../wire/narrow';

interface FactsProps {
  message: Message;
  modelName?: string;
  text: string;
  onClose: () => void;
}

/** Which model wrote an answer, when, and how much that was. */
export function AnswerFacts({ message, modelName, text, onClose }: FactsProps) {
  const { model, usage, timestamp } = message;
  const tokens = (name: string) => {
    const count = wholeIn(usage, name);
    return count === undefined ? undefined : numberText(count);
  };
  const facts = [
    [t('facts.model'), modelName],
    [t('facts.id'), model === modelName ? undefined : model],
    [t('facts.time'), timestamp === undefined ? undefined : timeText(timestamp)],
    [t('facts.prompt'), tokens('prompt_tokens')],
    [t('facts.completion'), tokens('completion_tokens')],
    [t('facts.total'), tokens('total_tokens')],
    [t('facts.characters'), numberText([...text].length)],
  ];
  return (
    <Dialog title={t('facts')} onClose={onClose}>
      <dl className="shortcuts facts">
        {facts.map(
          ([name, value]) =>
            value !== undefined && (
              <div key={name}>
                <dt>{name}</dt>
                <dd>
                  <bdi>{value}</bdi>
                </dd>
              </div>
            ),
        )}
      </dl>
      {wholeIn(usage, 'total_tokens') === undefined && <p className="muted">{t('facts.uncounted')}</p>}
    </Dialog>
  );
}

/** Some clients write milliseconds. */
function timeText(timestamp: number): string {
  const time = timestamp > 1e11 ? timestamp : timestamp * 1_000;
  return dateText(time, { dateStyle: 'medium', timeStyle: 'medium' });
}
