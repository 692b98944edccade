import type { Attachment } from '@perennial/contracts-wire';
import { type KeptFile, type Upload, UploadList, type UploadServer } from '../files/upload-list';
import { t } from '../messages';
import { Store } from '../state/store';
import { isPicture, MOST_CHARACTERS, type Picture, pictureFrom } from './pictures';

/** A knowledge base that is chosen for a message. */
export interface ChosenBase {
  id: string;
  name: string;
}

/** What a model is told besides the questions of a chat, by the names of the wire. */
export type Parameters = Readonly<{
  system?: string;
  temperature?: number;
  max_tokens?: number;
  reasoning_effort?: string;
}>;

/** A draft as it is kept over a reload; its pictures are kept elsewhere. */
export interface KeptDraft {
  text: string;
  model?: string;
  /** Of a chat that has not begun. */
  parameters?: Parameters;
  bases: readonly ChosenBase[];
  files: readonly KeptFile[];
}

/** The message that is being written in a chat: its text, its model, files, including those still being sent, and bases. */
export class Draft {
  readonly text = new Store('');
  /** The chosen model, until a message is sent with it. */
  readonly model = new Store<string | undefined>(undefined);
  readonly uploads: UploadList;
  /** Models see them as they are. */
  readonly pictures = new Store<readonly Picture[]>([]);
  readonly parameters = new Store<Parameters | undefined>(undefined);
  /** Why a picture is not among them. */
  readonly problem = new Store<string | undefined>(undefined);
  readonly bases = new Store<readonly ChosenBase[]>([]);
  /** Messages that are sent when the answer that is being written has ended, in their order. */
  readonly waiting = new Store<readonly string[]>([]);
  /** The text of a message that the server has not confirmed. */
  private sending = '';
  private reading: Promise<unknown> = Promise.resolve();

  constructor(server: UploadServer, kept?: KeptDraft) {
    this.uploads = new UploadList(server);
    if (!kept) return;
    this.text.set(kept.text);
    this.model.set(kept.model);
    this.parameters.set(kept.parameters);
    this.bases.set(kept.bases);
    this.uploads.adopt(kept.files);
  }

  /** What is kept over a reload: also a text that is being sent, because it may not arrive. */
  kept(): KeptDraft {
    const files = this.uploads.items.get().flatMap(({ fileId, name, size, state, pasted }) => {
      return fileId === undefined || state === 'failed' ? [] : [{ fileId, name, size, ...(pasted ? { pasted } : {}) }];
    });
    const parameters = this.parameters.get();
    return {
      text: this.whole(),
      model: this.model.get(),
      bases: this.bases.get(),
      files,
      ...(parameters === undefined ? {} : { parameters }),
    };
  }

  /** Calls a listener after each change of what is kept. */
  onChange(listener: () => void): void {
    const files = [this.bases, this.pictures, this.uploads.items];
    const stores = [this.text, this.waiting, this.model, this.parameters, ...files];
    for (const store of stores) store.subscribe(listener);
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

  /** Pictures are shown to the model; other files are read as documents, as are pictures that the browser cannot show. */
  add(files: Iterable<File>): void {
    const all = [...files];
    this.problem.set(undefined);
    this.uploads.add(all.filter((file) => !isPicture(file)));
    for (const file of all.filter(isPicture)) {
      const taken = this.reading.then(() => this.addPicture(file));
      this.reading = taken.catch(() => this.uploads.add([file]));
    }
  }

  /** Pictures that have just been added are there. */
  async settled(): Promise<void> {
    await this.reading;
  }

  private async addPicture(file: File): Promise<void> {
    const picture = await pictureFrom(file);
    const pictures = [...this.pictures.get(), picture];
    const size = pictures.reduce((sum, { url }) => sum + url.length, 0);
    if (size > MOST_CHARACTERS) this.problem.set(t('picture.tooMany', { name: file.name }));
    else this.pictures.set(pictures);
  }

  dropPicture(key: string): void {
    this.problem.set(undefined);
    this.pictures.set(this.pictures.get().filter((picture) => picture.key !== key));
  }

  /** Something is quoted, below what is in the box. */
  quote(text: string): void {
    const lines = text.split('\n').map((line) => `> ${line}`.trimEnd());
    const own = this.text.get().trimEnd();
    this.text.set(`${own === '' ? '' : `${own}\n\n`}${lines.join('\n')}\n\n`);
  }

  /** A pasted text that has become a file is in the box again. */
  async putBack(key: string): Promise<void> {
    const text = await this.uploads.textOf(key);
    this.uploads.remove(key);
    this.text.set([this.text.get(), text].filter((part) => part !== '').join('\n'));
  }

  /** Takes the text out of the box, to be sent later. */
  wait(): void {
    const text = this.text.get().trim();
    if (text === '') return;
    this.waiting.set([...this.waiting.get(), text]);
    this.text.set('');
  }

  /** A message that waits is in the box again, before what is there. */
  editWaiting(at: number): void {
    const text = this.waiting.get()[at];
    if (text === undefined) return;
    this.dropWaiting(at);
    this.text.set([text, this.text.get()].filter((part) => part !== '').join('\n'));
  }

  /** A message that waits is sent before the one that it follows. */
  hurryWaiting(at: number): void {
    const all = [...this.waiting.get()];
    if (at < 1 || at >= all.length) return;
    all.splice(at - 1, 2, all[at]!, all[at - 1]!);
    this.waiting.set(all);
  }

  dropWaiting(at: number): void {
    this.waiting.set(this.waiting.get().filter((_, place) => place !== at));
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

  /** A reload would interrupt it. */
  isAtStake(): boolean {
    const isSending = this.uploads.items.get().some(({ state }) => state === 'waiting' || state === 'uploading');
    return this.whole() !== '' || isSending || this.pictures.get().length > 0;
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
      ...files.map(({ fileId, name, size, pasted }) => ({
        ...{ type: 'file', id: fileId, name, size },
        // All of it was meant to be read.
        ...(pasted ? { context: 'full' } : {}),
      })),
      ...this.bases.get().map(({ id, name }) => ({ type: 'collection', id, name })),
    ];
  }

  /** The server has the message with these attachments and pictures; files still being sent stay for the next one. */
  sent(attachments: readonly Attachment[], pictures: readonly Picture[] = []): void {
    this.sending = '';
    this.model.set(undefined);
    this.pictures.set(this.pictures.get().filter((picture) => !pictures.includes(picture)));
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
