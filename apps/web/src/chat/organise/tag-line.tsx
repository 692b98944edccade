import { use } from 'react';
import { WINDOW } from '../../state/window';
import { textsLoaded, to } from './messages';
import { useTagsOf } from './tag-queries';

/** The tags of a chat in its header: each leads to the chats that have it. */
export default function TagLine({ chatId }: { chatId: string }) {
  use(textsLoaded);
  const tags = useTagsOf(chatId).data ?? [];
  if (tags.length === 0) return null;
  return (
    <ul className="tags header-tags" aria-label={to('tag.all')}>
      {tags.map(({ id, name }) => (
        <li key={id}>
          <button
            type="button"
            className="tag"
            dir="auto"
            title={to('find.tagged', { name })}
            onClick={() => WINDOW.set({ kind: 'palette', text: `tag:${id} ` })}
          >
            {name}
          </button>
        </li>
      ))}
    </ul>
  );
}
