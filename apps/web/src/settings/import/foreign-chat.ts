import { type Fields, isObject, listIn, objectsIn, textIn, textsIn } from '../../wire/narrow';

/** A chat as another program has exported it, in this product's shape. */
export interface ForeignChat {
  /** As the server takes it. */
  blob: Readonly<Record<string, unknown>>;
  /** Pictures, files and steps of tools that are not text: they do not come along. */
  leftOut: number;
}

/** One message of it. */
interface Line {
  id: string;
  parent: string | undefined;
  /** Undefined: it is not shown, and what followed it follows on the one before it. */
  role: 'user' | 'assistant' | undefined;
  text: string;
  /** Epoch seconds. */
  at?: number;
  model?: string;
  leftOut: number;
}

const MAX_TITLE = 1_000;
const MAX_MODEL = 512;
/** Marks of ChatGPT where a source is named; they mean nothing elsewhere. */
const MARKS = /\ue200[^\ue201]*\ue201|【\d+(?::\d+)?†[^】]*】/g;

/** The chat in an entry of an export; undefined if it is none, or has no messages. */
export function chatIn(entry: unknown): ForeignChat | undefined {
  if (!isObject(entry)) return undefined;
  const own = isObject(entry['chat']) ? entry['chat'] : entry;
  const history = own['history'];
  if (isObject(history) && isObject(history['messages']) && Object.keys(history['messages']).length > 0)
    return { blob: { ...own, title: titleOf(own) ?? titleOf(entry) }, leftOut: 0 };
  if (isObject(entry['mapping'])) return toChat(entry, ofChatGpt(entry['mapping']), textIn(entry, 'current_node'));
  if (Array.isArray(entry['chat_messages']))
    return toChat(entry, ofClaude(objectsIn(entry['chat_messages'])), textIn(entry, 'current_leaf_message_uuid'));
  if (Array.isArray(entry['messages'])) return toChat(entry, ofLibreChat(objectsIn(entry['messages'])), undefined);
  return undefined;
}

/** When a chat was written last, to put chats in order: the programs have different units, a file has one. */
export function timeOf(entry: unknown): number {
  if (!isObject(entry)) return 0;
  const times = ['update_time', 'updated_at', 'updatedAt', 'create_time', 'created_at', 'createdAt'];
  return times.map((name) => numberFrom(entry[name])).find((time) => time !== undefined) ?? 0;
}

const titleOf = (fields: Fields): string | undefined =>
  (textIn(fields, 'title') ?? textIn(fields, 'name'))?.slice(0, MAX_TITLE);

function ofChatGpt(mapping: Fields): Line[] {
  return Object.entries(mapping).flatMap(([id, node]): Line[] => {
    if (!isObject(node)) return [];
    const message = isObject(node['message']) ? node['message'] : {};
    const author = isObject(message['author']) ? textIn(message['author'], 'role') : undefined;
    const content = isObject(message['content']) ? message['content'] : {};
    const metadata = isObject(message['metadata']) ? message['metadata'] : {};
    const isText = ['text', 'multimodal_text'].includes(textIn(content, 'content_type') ?? '');
    const isHidden = metadata['is_visually_hidden_from_conversation'] === true;
    const isSaid = isText && !isHidden && (author === 'user' || author === 'assistant');
    const text = isSaid ? textsIn(content, 'parts').join('\n\n').replaceAll(MARKS, '').trim() : '';
    const others = isSaid ? objectsIn(content['parts']).length + listIn(metadata, 'attachments').length : 0;
    return [
      {
        id,
        parent: textIn(node, 'parent'),
        role: text === '' ? undefined : (author as 'user' | 'assistant'),
        text,
        at: numberFrom(message['create_time']),
        model: textIn(metadata, 'model_slug'),
        // What a person or a model saw, but not what was set up before.
        leftOut: isSaid ? others : author === 'tool' && !isHidden ? 1 : 0,
      },
    ];
  });
}

function ofClaude(messages: readonly Fields[]): Line[] {
  return messages.map((message, at): Line => {
    const parts = objectsIn(message['content']);
    const said = parts.filter((part) => textIn(part, 'type') === 'text').map((part) => textIn(part, 'text') ?? '');
    const pasted = objectsIn(message['attachments']);
    const texts = pasted.flatMap((file) => {
      const text = textIn(file, 'extracted_content');
      return text === undefined || text === '' ? [] : [withName(textIn(file, 'file_name'), text)];
    });
    const text = [said.join('\n\n') || (textIn(message, 'text') ?? ''), ...texts].filter(Boolean).join('\n\n');
    const tools = parts.filter((part) => textIn(part, 'type') === 'tool_use').length;
    return {
      id: textIn(message, 'uuid') ?? `message-${at}`,
      // Older exports have no branches.
      parent: textIn(message, 'parent_message_uuid') ?? textIn(messages[at - 1], 'uuid'),
      role: text === '' ? undefined : textIn(message, 'sender') === 'human' ? 'user' : 'assistant',
      text,
      at: numberFrom(message['created_at']),
      leftOut: tools + listIn(message, 'files').length + pasted.length - texts.length,
    };
  });
}

function ofLibreChat(roots: readonly Fields[]): Line[] {
  const lines: Line[] = [];
  const waiting = roots.map((message) => ({ message, parent: textIn(message, 'parentMessageId') })).reverse();
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { message, parent } = next;
    const parts = objectsIn(message['content']);
    const said = parts.flatMap((part) => {
      const text = isObject(part['text']) ? textIn(part['text'], 'value') : textIn(part, 'text');
      return textIn(part, 'type') === 'text' && text !== undefined ? [text] : [];
    });
    const text = textIn(message, 'text') || said.join('\n\n');
    const id = textIn(message, 'messageId') ?? `message-${lines.length}`;
    lines.push({
      id,
      parent,
      role: text === '' ? undefined : message['isCreatedByUser'] === true ? 'user' : 'assistant',
      text,
      at: numberFrom(message['createdAt']),
      model: message['isCreatedByUser'] === true ? undefined : textIn(message, 'model'),
      leftOut: listIn(message, 'files').length + parts.filter((part) => textIn(part, 'type') === 'tool_call').length,
    });
    // An export of branches has the answers within the questions.
    for (const child of objectsIn(message['children']).reverse()) waiting.push({ message: child, parent: id });
  }
  return lines;
}

function toChat(entry: Fields, lines: readonly Line[], current: string | undefined): ForeignChat | undefined {
  const byId = new Map(lines.map((line) => [line.id, line]));
  const kept = (id: string | undefined): string | undefined => {
    const seen = new Set<string>();
    let at = id;
    while (at !== undefined && !seen.has(at)) {
      if (byId.get(at)?.role !== undefined) return at;
      seen.add(at);
      at = byId.get(at)?.parent;
    }
    return undefined;
  };
  const messages = lines.flatMap(({ id, parent, role, text, at, model }) =>
    role === undefined
      ? []
      : {
          ...{ id, role, content: text, done: true, childrenIds: [], parentId: kept(parent) ?? null },
          ...(at === undefined ? {} : { timestamp: at }),
          ...(model === undefined ? {} : { model: model.slice(0, MAX_MODEL) }),
        },
  );
  if (messages.length === 0) return undefined;
  const history = {
    currentId: kept(current) ?? messages.at(-1)?.id,
    messages: Object.fromEntries(messages.map((message) => [message.id, message])),
  };
  const leftOut = lines.reduce((sum, line) => sum + line.leftOut, 0);
  return { blob: { title: titleOf(entry), history }, leftOut };
}

/** A text of a file, in a fence that it does not end. */
function withName(name: string | undefined, text: string): string {
  const longest = (text.match(/`{3,}/g) ?? []).reduce((most, { length }) => Math.max(most, length), 2);
  const fence = '`'.repeat(longest + 1);
  return `${name ? `${name}\n\n` : ''}${fence}\n${text}\n${fence}`;
}

/** Epoch seconds, or milliseconds, as they stand there; of a date in seconds. */
function numberFrom(time: unknown): number | undefined {
  const number = typeof time === 'string' ? Date.parse(time) / 1_000 : time;
  return typeof number === 'number' && Number.isFinite(number) && number > 0 ? number : undefined;
}
