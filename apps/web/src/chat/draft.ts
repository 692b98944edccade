import type { Attachment } from '@perennial/contracts-wire';
import { type Upload, UploadList, type UploadServer } from '../files/upload-list';
import { Store } from '../ui/store';

/** A knowledge base that is chosen for a message. */
export interface ChosenBase {
  id: string;
  name: string;
}

/** Attachments of the message that is being written in a chat: files, including those still being sent, and bases. */
export class Draft {
  readonly uploads: UploadList;
  readonly bases = new Store<readonly ChosenBase[]>([]);

  constructor(server: UploadServer) {
    this.uploads = new UploadList(server);
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

  /** The message was sent with these attachments; files still being sent stay for the next one. */
  sent(attachments: readonly Attachment[]): void {
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
    const it = reading.length === 1 ? 'it' : 'them';
    sentences.push(`Still being read: ${reading.join(', ')}. An answer now may miss what is in ${it}.`);
  }
  if (sending.length > 0) {
    const they = sending.length === 1 ? 'it goes' : 'they go';
    sentences.push(`Still being sent: ${sending.join(', ')}. If you send now, ${they} with your next message.`);
  }
  return sentences.length > 0 ? sentences.join(' ') : undefined;
}
