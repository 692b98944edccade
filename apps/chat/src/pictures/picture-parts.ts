import { parsePictureId, pictureUrl } from '@perennial/contracts-chat';
import type { HistoryMessage } from '../runs/types/run';

interface PicturePart {
  type: 'image_url';
  image_url: string | { url: string; [field: string]: unknown };
}

/** The ids of the pictures in a message's content, in order. */
export function pictureIdsIn(content: unknown): string[] {
  return Array.isArray(content) ? content.flatMap((part: unknown) => parsePictureId(addressIn(part) ?? '') ?? []) : [];
}

/**
 * The content with other addresses for its pictures. A missing one is replaced by a note for the model. An unknown address with a host is a
 * picture of another site and stays unchanged.
 *
 * @param urls of all known pictures; undefined for one that is not available
 */
export function withPictures<C>(content: C, urls: ReadonlyMap<string, string | undefined>): C {
  if (!Array.isArray(content)) return content;
  return content.map((part: unknown) => {
    const address = addressIn(part);
    const id = address === undefined ? undefined : parsePictureId(address);
    if (id === undefined || (!urls.has(id) && !address?.startsWith('/'))) return part;
    const url = urls.get(id);
    if (url === undefined) return { type: 'text', text: '[A picture that is not available any more.]' };
    const { image_url: image } = part as PicturePart;
    return { ...(part as PicturePart), image_url: { ...(typeof image === 'string' ? {} : image), url } };
  }) as C;
}

/** Some clients name a picture by its id alone. */
const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * The message with the pictures among its files as parts of its content, where models see them. A picture that the content shows already is not
 * repeated, and an address that no model can read is left out.
 */
export function withFilePictures(message: HistoryMessage): HistoryMessage {
  const { content, parts, pictures } = message;
  const shown = new Set((parts ?? []).map(addressIn));
  const addresses = (pictures ?? []).map((address) => (ID.test(address) ? pictureUrl(address) : address));
  const added = [...new Set(addresses)].filter(
    (address) => !shown.has(address) && (parsePictureId(address) !== undefined || /^https?:/.test(address)),
  );
  if (added.length === 0) return message;
  const texts = parts ?? (content === '' ? [] : [{ type: 'text', text: content }]);
  return { ...message, parts: [...texts, ...added.map((url) => ({ type: 'image_url', image_url: { url } }))] };
}

function addressIn(part: unknown): string | undefined {
  const { type, image_url: image } = (part ?? {}) as Partial<PicturePart>;
  if (type !== 'image_url') return undefined;
  const url = typeof image === 'string' ? image : image?.url;
  return typeof url === 'string' ? url : undefined;
}
