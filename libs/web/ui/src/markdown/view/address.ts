import { decodeEntities } from './entities';

const SAFE_SCHEME = /^(?:https?|mailto|tel):/i;
const ANY_SCHEME = /^[a-z][a-z\d+.-]*:/i;
const OWN_PICTURE = /^(?:\/(?!\/)|data:image\/(?:png|jpeg|gif|webp|avif);|blob:)/i;

/** The address of a link in an answer; undefined for one that could run a script. */
export function linkAddress(href: string): string | undefined {
  // Browsers leave out these characters when they read a scheme.
  const address = decodeEntities(href).replace(/[^!-\uffff]/g, '');
  return SAFE_SCHEME.test(address) || !ANY_SCHEME.test(address) ? address : undefined;
}

/** Whether the page may show this picture: one of another server would tell that server about the reader. */
export function isOwnPicture(href: string): boolean {
  return OWN_PICTURE.test(decodeEntities(href));
}
