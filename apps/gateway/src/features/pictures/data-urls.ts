import { PICTURE_TYPES } from '@perennial/contracts-chat';

export type PictureType = (typeof PICTURE_TYPES)[number];

/** A message of any shape that may carry pictures: content parts, or entries of `files`. */
export interface CarriesPictures {
  content?: unknown;
  files?: unknown;
  [field: string]: unknown;
}

const DATA_URL = new RegExp(`^data:(${PICTURE_TYPES.join('|')});base64,[A-Za-z0-9+/]+={0,2}$`);

/**
 * The data URLs of a message's pictures. Other types (SVG runs scripts) and malformed ones are left for the provider to refuse.
 */
export function picturesIn(message: CarriesPictures): string[] {
  const urls: string[] = [];
  withPictures(message, {
    get: (url) => {
      if (DATA_URL.test(url)) urls.push(url);
      return undefined;
    },
  });
  return urls;
}

/** The message with other addresses for its pictures. */
export function withPictures<M extends CarriesPictures>(
  message: M,
  addresses: { get(url: string): string | undefined },
): M {
  const replaced = (url: unknown): string | undefined =>
    typeof url === 'string' && url.startsWith('data:') ? addresses.get(url) : undefined;
  const inPart = (part: unknown): unknown => {
    const { type, image_url: image } = (part ?? {}) as { type?: unknown; image_url?: unknown };
    if (type !== 'image_url') return part;
    const bare = replaced(image);
    if (bare !== undefined) return { ...(part as object), image_url: { url: bare } };
    const url = replaced((image as { url?: unknown } | null | undefined)?.url);
    return url === undefined ? part : { ...(part as object), image_url: { ...(image as object), url } };
  };
  const inFile = (file: unknown): unknown => {
    const url = replaced((file as { url?: unknown } | null | undefined)?.url);
    return url === undefined ? file : { ...(file as object), url };
  };
  const { content, files } = message;
  return {
    ...message,
    ...(Array.isArray(content) ? { content: content.map(inPart) } : {}),
    ...(Array.isArray(files) ? { files: files.map(inFile) } : {}),
  };
}

/** A request's `files` are documents. Pictures among them belong to its messages and are read there. */
export function documentsOf<F>(files: readonly F[]): F[] {
  return files.filter((file) => {
    const url = (file as { url?: unknown } | null)?.url;
    return !(typeof url === 'string' && url.startsWith('data:'));
  });
}

/** @param url one of `picturesIn` */
export function decodePicture(url: string): { bytes: Buffer; contentType: PictureType } {
  const comma = url.indexOf(',');
  const contentType = url.slice('data:'.length, url.indexOf(';')) as PictureType;
  return { bytes: Buffer.from(url.slice(comma + 1), 'base64'), contentType };
}
