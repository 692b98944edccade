import type { Drawn } from '../sandbox/protocol';

/** Of a side, in pixels: larger canvases are refused by phones. */
const LONGEST_SIDE = 8_192;
const SHARPNESS = 2;

/** Lets the browser save bytes as a file. */
export function save(bytes: Blob, name: string): void {
  const address = URL.createObjectURL(bytes);
  Object.assign(document.createElement('a'), { href: address, download: name }).click();
  URL.revokeObjectURL(address);
}

export function svgFile({ svg }: Drawn): Blob {
  return new Blob([svg], { type: 'image/svg+xml' });
}

/**
 * The picture in twice its size.
 *
 * @param ground its background
 * @throws when the browser cannot make one
 */
export async function pngFile({ svg, width, height }: Drawn, ground: string): Promise<Blob> {
  const scale = Math.min(SHARPNESS, LONGEST_SIDE / Math.max(width, height));
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [Math.ceil(width * scale), Math.ceil(height * scale)];
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no canvas');
  const picture = new Image();
  // Not a blob: browsers take the canvas of such a picture for one of a stranger.
  picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await picture.decode();
  context.fillStyle = ground;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((done, failed) => {
    canvas.toBlob((blob) => (blob ? done(blob) : failed(new Error('no picture'))), 'image/png');
  });
}
