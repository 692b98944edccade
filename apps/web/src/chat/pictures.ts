import type { Message } from '@perennial/contracts-wire';
import { originalAddress } from '../files/original-address';
import { objectsIn, textIn } from '../wire/narrow';

/** A picture that goes with a message; models see it as it is. */
export interface Picture {
  key: string;
  name: string;
  /** A data URL. */
  url: string;
}

/** As the server takes and serves them. Others are read as documents. */
const SHOWN = /^image\/(?:png|jpeg|gif|webp|avif|bmp)$/;
/** The larger side of a picture, in pixels: models make larger ones smaller. */
const LONGEST_SIDE = 2_048;
/** A file up to this size is sent as it is, in bytes. */
const SENT_AS_IT_IS = 700_000;
/** Of all pictures of one message, in characters: the server takes no longer requests. */
export const MOST_CHARACTERS = 6_500_000;

export function isPicture({ type }: Pick<File, 'type'>): boolean {
  return SHOWN.test(type);
}

/**
 * A file as a picture of a message, made smaller if it is large.
 *
 * @throws when the browser cannot show it
 */
export async function pictureFrom(file: File): Promise<Picture> {
  const bitmap = await createImageBitmap(file);
  const scale = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
  const url = scale === 1 && file.size <= SENT_AS_IT_IS ? await dataUrlOf(file) : scaled(bitmap, scale);
  bitmap.close();
  return { key: crypto.randomUUID(), name: file.name, url };
}

function scaled(bitmap: ImageBitmap, scale: number): string {
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  // It keeps what is transparent; a browser that cannot write it writes PNG.
  return canvas.toDataURL('image/webp', 0.85);
}

function dataUrlOf(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(new Error(file.name));
    reader.readAsDataURL(file);
  });
}

/** The content of a question: models see pictures only in its parts. */
export function contentWith(
  text: string,
  pictures: readonly { url: string }[],
): string | { type: string; [field: string]: unknown }[] {
  if (pictures.length === 0) return text;
  const parts = pictures.map(({ url }) => ({ type: 'image_url', image_url: { url } }));
  return [...(text === '' ? [] : [{ type: 'text', text }]), ...parts];
}

/** A picture of a stored message. */
export interface ShownPicture {
  url: string;
  name: string;
}

/** The pictures of a message, whichever client wrote it. The page's policy shows none from other hosts. */
export function picturesOf({ files, content }: Message): ShownPicture[] {
  const attached = objectsIn(files).flatMap((file) => {
    const isImage = file['type'] === 'image' || (textIn(file, 'content_type') ?? '').startsWith('image/');
    const url = isImage ? addressOf(textIn(file, 'url') ?? textIn(file, 'id')) : undefined;
    return url === undefined ? [] : [{ url, name: textIn(file, 'name') ?? '' }];
  });
  const inside = picturesIn(content).flatMap((picture) => addressOf(picture) ?? []);
  return [...attached, ...inside.map((url) => ({ url, name: '' }))];
}

/** The addresses of the pictures in a message's content, which models see. */
export function picturesIn(content: unknown): string[] {
  return objectsIn(content).flatMap(({ type, image_url: image }) => {
    const url = typeof image === 'string' ? image : textIn(objectsIn([image])[0], 'url');
    return type === 'image_url' && url !== undefined ? [url] : [];
  });
}

function addressOf(url: string | undefined): string | undefined {
  if (url === undefined) return undefined;
  if (/^data:image\/(?!svg)/.test(url) || /^\/(?!\/)/.test(url)) return url;
  return /^[\w-]{1,64}$/.test(url) ? originalAddress(url) : undefined;
}
