import type { Message } from '@perennial/contracts-wire';
import { CopyButton } from '@perennial/web-ui/markdown';
import { memo, type Ref, useState } from 'react';
import { Link } from 'react-router';
import { originalAddress } from '../../files/original-address';
import { t } from '../../messages';
import { Icon } from '../../ui/icon';
import { Menu } from '../../ui/menu';
import { useDrafts } from '../drafts';
import { picturesOf } from '../pictures';
import { attachmentsOf, textOf } from '../thread';
import { useMessageActions } from './actions';
import { MessageEditor } from './message-editor';
import { MessagePictures } from './message-pictures';
import { moreItems } from './more-items';
import { Versions } from './versions';

interface QuestionProps {
  ref: Ref<HTMLLIElement>;
  message: Message;
  /** Ids of all messages with the same parent, a line each: a text, so that an equal one renders nothing. */
  versionIds: string;
  /** The server has it. */
  stored: boolean;
}

/** What the reader asked, with what can be done with it. */
export const Question = memo(function Question({ ref, message, versionIds, stored }: QuestionProps) {
  const actions = useMessageActions();
  const { edits } = useDrafts();
  // An edit that was not sent goes on after a reload.
  const [editing, setEditing] = useState(() => edits.read(message.id) !== undefined);
  const attached = attachmentsOf(message);
  const text = textOf(message);
  return (
    <li ref={ref} className="message-user" data-message={message.id} data-editing={editing || undefined}>
      <span className="visually-hidden">{t('question.by')} </span>
      {editing ? (
        <MessageEditor
          messageId={message.id}
          text={text}
          name={t('question.edit')}
          done={t('question.ask')}
          hint={t('question.editHint')}
          onDone={(wanted) => actions.askInstead(message, wanted)}
          onClose={() => setEditing(false)}
        />
      ) : (
        text !== '' && (
          <div className="question" dir="auto">
            {text}
          </div>
        )
      )}
      <MessagePictures pictures={picturesOf(message)} />
      {attached.length > 0 && (
        <ul className="message-files" aria-label={t('box.attached')}>
          {attached.map(({ type, id, name }) => (
            <li key={id}>
              <Icon name={type === 'file' ? 'file' : 'books'} />
              {type === 'file' ? (
                <a href={originalAddress(id)} target="_blank" rel="noopener">
                  {name}
                </a>
              ) : (
                <Link to={`/knowledge/${id}`}>{name}</Link>
              )}
            </li>
          ))}
        </ul>
      )}
      {/* Its place is there before, so that nothing moves. */}
      {!editing && (
        <div className="message-actions" role="group" aria-label={t('question')}>
          {stored && (
            <>
              <CopyButton
                className="action"
                what={() => ({ text })}
                icon={(copied) => <Icon name={copied ? 'check' : 'copy'} />}
              />
              <button
                type="button"
                className="action"
                aria-label={t('action.edit')}
                title={t('action.edit')}
                onClick={() => setEditing(true)}
              >
                <Icon name="edit" />
              </button>
              <Versions of={message.id} among={versionIds.split('\n')} />
              <Menu name={t('action.more')} className="action" items={() => moreItems(message, actions)}>
                <Icon name="more" />
              </Menu>
            </>
          )}
        </div>
      )}
    </li>
  );
});
