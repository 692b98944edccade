import type { Attachment } from '@perennial/contracts-wire';
import { type KeptFile, type Upload, UploadList, type UploadServer } from '../files/upload-list';
import { t } from '../messages';
import { Store } from '../state/store';

/** A knowledge base that is chosen for a message. */
export interface ChosenBase {
  id: string;
  name: string;
}

/** A draft as it is kept over a reload. */
export interface KeptDraft {
  text: string;
  model?: string;
  bases: readonly ChosenBase[];
  files: readonly KeptFile[];
}

/** The message that is being written in a chat: its text, its model, files, including those still being sent, and bases. */
export class Draft {
  readonly text = new Store('');
  /** The chosen model, until a message is sent with it. */
  readonly model = new Store<string | undefined>(undefined);
  readonly uploads: UploadList;
  readonly bases = new Store<readonly ChosenBase[]>([]);
  /** Messages that are sent when the answer that is being written has ended, in their order. */
  readonly waiting = new Store<readonly string[]>([]);
  /** The text of a message that the server has not confirmed. */
  private sending = '';

  constructor(server: UploadServer, kept?: KeptDraft) {
    this.uploads = new UploadList(server);
    if (!kept) return;
    this.text.set(kept.text);
    this.model.set(kept.model);
    this.bases.set(kept.bases);
    this.uploads.adopt(kept.files);
  }

  /** What is kept over a reload: also a text that is being sent, because it may not arrive. */
  kept(): KeptDraft {
    const files = this.uploads.items.get().flatMap(({ fileId, name, size, state }) => {
      return fileId === undefined || state === 'failed' ? [] : [{ fileId, name, size }];
    });
    return { text: this.whole(), model: this.model.get(), bases: this.bases.get(), files };
  }

  /** Calls a listener after each change of what is kept. */
  onChange(listener: () => void): void {
    for (const store of [this.text, this.waiting, this.model, this.bases, this.uploads.items])
      store.subscribe(listener);
  }

  /**
   * Takes the text out of the box to send it.
   *
   * @returns the text; the empty text if there is nothing to send
   */
  take(): string {
    const text = this.text.get().trim();
    this.sending = text;
    this.text.set('');
    return text;
  }

  /** Takes the text out of the box, to be sent later. */
  wait(): void {
    const text = this.text.get().trim();
    if (text === '') return;
    this.waiting.set([...this.waiting.get(), text]);
    this.text.set('');
  }

  /** Takes the first message that waits, to send it. */
  takeWaiting(): string {
    const [text = '', ...others] = this.waiting.get();
    this.sending = text;
    this.waiting.set(others);
    return text;
  }

  /** A message could not be sent, or is not to wait any more: all texts are in the box again, before what was written since. */
  giveBack(): void {
    const whole = this.whole();
    this.sending = '';
    this.waiting.set([]);
    this.text.set(whole);
  }

  private whole(): string {
    return [this.sending, ...this.waiting.get(), this.text.get()].filter((text) => text !== '').join('\n');
  }

  choose(base: ChosenBase): void {
    if (this.bases.get().every(({ id }) => id !== base.id)) this.bases.set([...this.bases.get(), base]);
  }

  drop(baseId: string): void {
    this.bases.set(this.bases.get().filter(({ id }) => id !== baseId));
  }

  /** Attachments that can go with the message now: files that the server has and that did not fail. */
  attachments(): Attachment[] {
    const files = this.uploads.items.get().filter(isAttachable);
    return [
      ...files.map(({ fileId, name, size }) => ({ type: 'file', id: fileId, name, size })),
      ...this.bases.get().map(({ id, name }) => ({ type: 'collection', id, name })),
    ];
  }

  /** The server has the message with these attachments; files still being sent stay for the next one. */
  sent(attachments: readonly Attachment[]): void {
    this.sending = '';
    this.model.set(undefined);
    const ids = new Set(attachments.map(({ id }) => id));
    const files = this.uploads.items.get().filter(({ fileId }) => fileId !== undefined && ids.has(fileId));
    this.uploads.forget(files.map(({ key }) => key));
    this.bases.set(this.bases.get().filter(({ id }) => !ids.has(id)));
  }
}

function isAttachable({ state, fileId }: Upload): boolean {
  return fileId !== undefined && (state === 'reading' || state === 'ready');
}

/** What a message that is sent now would lack; undefined if nothing. */
export function lackWords(uploads: readonly Upload[]): string | undefined {
  const named = (states: readonly Upload['state'][]): string[] =>
    uploads.filter(({ state }) => states.includes(state)).map(({ name }) => name);
  const sending = named(['waiting', 'uploading']);
  const reading = named(['reading']);
  const sentences: string[] = [];
  if (reading.length > 0) {
    sentences.push(t('box.stillRead', { names: reading.join(', '), count: reading.length }));
  }
  if (sending.length > 0) {
    sentences.push(t('box.stillSent', { names: sending.join(', '), count: sending.length }));
  }
  return sentences.length > 0 ? sentences.join(' ') : undefined;
}
