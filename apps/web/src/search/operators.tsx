import type { Tag } from '@perennial/contracts-wire';
import { to } from '../chat/organise/messages';
import type { Choice } from '../ui/choices';
import { EdgeFade } from '../ui/edge-fade';

/** A word of a search that says which chats are meant, offered while it is being written. */
export interface Operator {
  /** As it is written. */
  words: string;
  /** What it does. */
  about: string;
  /** The whole search with it. */
  text: string;
}

/** Not more of them, so that the hits are seen. */
const SHOWN = 6;

/** What the last word of a search may become, once its colon is written. */
export function operatorsFor(text: string, tags: readonly Pick<Tag, 'id' | 'name'>[]): Operator[] {
  const [last = ''] = /\S*$/.exec(text) ?? [];
  const wanted = last.toLocaleLowerCase();
  if (!wanted.includes(':')) return [];
  const before = text.slice(0, text.length - last.length);
  const all = [
    { words: 'pinned:true', about: to('find.pinned') },
    { words: 'pinned:false', about: to('find.notPinned') },
    { words: 'archived:true', about: to('find.archived') },
    ...tags.map(({ id, name }) => ({ words: `tag:${id}`, about: to('find.tagged', { name }) })),
    { words: 'tag:none', about: to('find.untagged') },
  ];
  return all
    .filter(({ words }) => words.startsWith(wanted) && words !== wanted)
    .slice(0, SHOWN)
    .map((one) => ({ ...one, text: `${before}${one.words} ` }));
}

/** A search with an operator at its end, once. */
export function withOperator(text: string, operator: string): string {
  const words = text.split(/\s+/).filter((word) => word !== '' && word !== operator);
  return [...words, operator].join(' ') + (operator.endsWith(':') ? '' : ' ');
}

export function operatorChoice({ words, about }: Operator): Choice {
  const row = (
    <>
      <span className="choice-name" dir="ltr">
        {words}
      </span>
      <span className="choice-note">{about}</span>
    </>
  );
  return { id: words, row };
}

const OFFERED = [
  { operator: 'tag:', words: 'find.byTag' },
  { operator: 'tag:none', words: 'find.untagged' },
  { operator: 'pinned:true', words: 'find.pinned' },
  { operator: 'archived:true', words: 'find.archived' },
] as const;

/** What narrows a search down, for who does not know how it is written: each writes itself into the field. */
export function OperatorButtons({ text, onText }: { text: string; onText: (text: string) => void }) {
  return (
    <div className="operators" role="group" aria-label={to('find.narrow')}>
      <span aria-hidden>{to('find.narrow')}</span>
      <EdgeFade>
        {OFFERED.map(({ operator, words }) => (
          <button
            key={operator}
            type="button"
            className="button button-quiet button-small"
            title={operator}
            // The focus stays in the field.
            onMouseDown={(event) => event.preventDefault()}
            onClick={({ currentTarget }) => {
              onText(withOperator(text, operator));
              currentTarget.closest('dialog')?.querySelector('input')?.focus();
            }}
          >
            {to(words)}
          </button>
        ))}
      </EdgeFade>
    </div>
  );
}
