/** Types of inline pictures that are safe to serve; SVG is not, because it can carry scripts. */
const DATA_URL = /^data:(image\/(?:png|jpeg|gif|webp));base64,([A-Za-z0-9+/=\s]+)$/;

export interface Picture {
  type: string;
  bytes: Buffer | string;
}

/** The picture of a data URL; undefined for other types. */
export function pictureOfDataUrl(url: string): Picture | undefined {
  const match = DATA_URL.exec(url);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  return { type: match[1], bytes: Buffer.from(match[2], 'base64') };
}

/**
 * A placeholder picture: a letter on a colour that depends only on the id.
 *
 * @param label its first letter or digit is shown; without one there is only the colour
 */
export function placeholderPicture(id: string, label: string): Picture {
  let hash = 0;
  for (const character of id) hash = (hash * 31 + character.charCodeAt(0)) % 360;
  const letter = /[\p{L}\p{N}]/u.exec(label)?.[0]?.toUpperCase() ?? '';
  const bytes =
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" width="64" height="64" role="img">` +
    `<rect width="64" height="64" fill="hsl(${hash},45%,40%)"/>` +
    `<text x="32" y="43" text-anchor="middle" font-family="system-ui,sans-serif" font-size="32" fill="#fff">${letter}</text></svg>`;
  return { type: 'image/svg+xml; charset=utf-8', bytes };
}
