/** A part of the page, once its texts are there in the page's language too. */
export async function withTexts<Part extends { textsLoaded: Promise<unknown> }>(part: Promise<Part>): Promise<Part> {
  const loaded = await part;
  await loaded.textsLoaded;
  return loaded;
}
