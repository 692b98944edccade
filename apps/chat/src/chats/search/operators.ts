import { NO_TAG, toTagId } from '../tags/tag-id';
import { TAGGED } from '../tags/tags.repository';

/** Which chats a search looks at. */
export interface ChatFilter {
  archived: boolean;
  pinned?: boolean;
  /** Ids of tags, all of which a chat has. */
  tags: string[];
  isUntagged: boolean;
}

/** A search as it was typed. */
export interface TypedSearch {
  /** What is not an operator. */
  text: string;
  /** Undefined when no chat can be meant. */
  filter: ChatFilter | undefined;
}

/** An operator with its value, which may be in quotes. */
const OPERATOR = /(?<!\S)(?:(tag|folder):(?:"([^"]*)"?|(\S*))|(pinned|archived|shared):(true|false))(?!\S)/giu;

/** An operator without a value, as while it is typed, says nothing. */
export function parseSearch(typed: string): TypedSearch {
  const filter: ChatFilter = { archived: false, tags: [], isUntagged: false };
  let isPossible = true;
  const text = typed.replace(
    OPERATOR,
    (_, name?: string, quoted?: string, plain?: string, flag?: string, on?: string) => {
      const isOn = on?.toLowerCase() === 'true';
      const id = toTagId(quoted ?? plain ?? '');
      switch ((name ?? flag)?.toLowerCase()) {
        case 'pinned':
          filter.pinned = isOn;
          break;
        case 'archived':
          filter.archived = isOn;
          break;
        case 'shared':
          isPossible &&= !isOn;
          break;
        case 'folder':
          isPossible &&= id === '';
          break;
        default:
          if (id === NO_TAG) filter.isUntagged = true;
          else if (id !== '') filter.tags.push(id);
      }
      return ' ';
    },
  );
  return { text, filter: isPossible ? filter : undefined };
}

/**
 * The condition of a filter on a row `c` of chats. Written out, not as parameters: most of them have an index of their own.
 *
 * @param tagsParameter the parameter with the ids of the tags; it is used only if there are some
 */
export function matchingChats({ archived, pinned, tags, isUntagged }: ChatFilter, tagsParameter: string): string {
  const conditions = [archived ? 'c.archived' : 'NOT c.archived'];
  if (pinned !== undefined) conditions.push(pinned ? 'c.pinned' : 'NOT c.pinned');
  if (tags.length > 0) conditions.push(TAGGED, `c.meta->'tags' ?& ${tagsParameter}::text[]`);
  if (isUntagged) conditions.push(`NOT coalesce(${TAGGED}, false)`);
  return conditions.join(' AND ');
}
