/** Side of the picture of an account, in pixels. */
const SIDE = 192;

/**
 * A picture of an account from a file: its middle, small enough to be a part of the profile.
 *
 * @throws when the browser cannot show the file as a picture
 */
export async function pictureFrom(file: Blob): Promise<string> {
  const bitmap = await createImageBitmap(file);
  const canvas = document.createElement('canvas');
  canvas.width = SIDE;
  canvas.height = SIDE;
  const side = Math.min(bitmap.width, bitmap.height);
  const [left, top] = [(bitmap.width - side) / 2, (bitmap.height - side) / 2];
  canvas.getContext('2d')?.drawImage(bitmap, left, top, side, side, 0, 0, SIDE, SIDE);
  bitmap.close();
  return canvas.toDataURL('image/jpeg', 0.85);
}
