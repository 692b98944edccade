import type { Message } from '@perennial/contracts-wire';
import { CopyButton, richText } from '@perennial/web-ui/markdown';
import { useRef, useState } from 'react';
import { t } from '../../messages';
import { Icon } from '../../ui/icon';
import { Menu } from '../../ui/menu';
import { useMessageActions } from './actions';
import { AnswerFacts } from './answer-facts';
import { moreItems } from './more-items';
import { ReadAloud } from './speech/read-aloud';
import { Versions } from './versions';

interface ActionsProps {
  message: Message;
  /** Of the model that wrote it. */
  modelName?: string;
  text: string;
  versionIds: string;
  /** It is the end of what is shown: its actions are always seen. */
  last: boolean;
  /** It was cut off, and can be written on. */
  cut: boolean;
  onEdit: () => void;
}

/** What can be done with an answer. */
export function AnswerActions({ message, modelName, text, versionIds, last, cut, onEdit }: ActionsProps) {
  const actions = useMessageActions();
  const [facts, setFacts] = useState(false);
  const group = useRef<HTMLDivElement>(null);
  const whatToCopy = () => {
    const shown = group.current?.closest('.message-assistant')?.querySelector(':scope > .markdown');
    return { text, html: shown ? richText(shown) : undefined };
  };
  return (
    <div ref={group} className="message-actions" data-last={last} role="group" aria-label={t('answer')}>
      {text !== '' && (
        <CopyButton className="action" what={whatToCopy} icon={(copied) => <Icon name={copied ? 'check' : 'copy'} />} />
      )}
      <button
        type="button"
        className="action"
        aria-label={t('action.tryAgain')}
        title={t('action.tryAgain')}
        onClick={() => actions.retry(message)}
      >
        <Icon name="again" />
      </button>
      <ReadAloud messageId={message.id} text={text} />
      <Versions of={message.id} among={versionIds.split('\n')} />
      {cut && last && (
        <button type="button" className="action action-named" onClick={() => actions.goOn(message)}>
          <Icon name="go" /> {t('answer.continue')}
        </button>
      )}
      <Menu
        name={t('action.more')}
        className="action"
        items={async () => [
          {
            name: t('answer.retryWith'),
            icon: <Icon name="again" />,
            onChoose: () => actions.retryWith(message),
          },
          { name: t('action.edit'), icon: <Icon name="edit" />, onChoose: onEdit },
          { name: t('facts'), icon: <Icon name="info" />, onChoose: () => setFacts(true) },
          ...(await moreItems(message, actions)),
        ]}
      >
        <Icon name="more" />
      </Menu>
      {facts && <AnswerFacts message={message} modelName={modelName} text={text} onClose={() => setFacts(false)} />}
    </div>
  );
}
