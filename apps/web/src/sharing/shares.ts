/** What other programs share with the installed page, between the worker that takes it and the page that shows it. */
export interface Share {
  text: string;
  files: File[];
}

const CACHE = 'shares';
/** More were a mistake, or an attack on the disk. */
const MOST_FILES = 20;
const MOST_BYTES = 500_000_000;
/** Header with the name of a file; the text of a share has none. */
const NAME = 'x-name';

/** Keeps a share until a page takes it: texts and addresses one below the other, and files. */
export async function keepShare(form: FormData): Promise<void> {
  const cache = await caches.open(CACHE);
  const id = crypto.randomUUID();
  const texts = ['title', 'text', 'url'].map((name) => form.get(name)).filter((text) => typeof text === 'string');
  const text = [...new Set(texts.map((each) => each.trim()).filter((each) => each !== ''))].join('\n');
  await cache.put(`/shares/${id}/0`, new Response(text));
  let bytes = 0;
  for (const [at, file] of form.getAll('files').entries()) {
    if (!(file instanceof File) || at >= MOST_FILES) continue;
    bytes += file.size;
    if (bytes > MOST_BYTES) return;
    const headers = { [NAME]: encodeURIComponent(file.name), 'content-type': file.type || 'application/octet-stream' };
    await cache.put(`/shares/${id}/${at + 1}`, new Response(file, { headers }));
  }
}

/** Takes what was shared and not yet shown, the first first. */
export async function takeShares(): Promise<Share[]> {
  const shares = new Map<string, Share>();
  // Without TLS a browser has no caches, and the page is not installed.
  if (!('caches' in globalThis)) return [];
  const cache = await caches.open(CACHE);
  for (const request of await cache.keys()) {
    const reply = await cache.match(request);
    const id = new URL(request.url).pathname.split('/')[2] ?? '';
    const share = shares.get(id) ?? { text: '', files: [] };
    const name = reply?.headers.get(NAME);
    if (reply && typeof name !== 'string') share.text = await reply.text();
    else if (reply) share.files.push(fileOf(decodeURIComponent(name ?? ''), await reply.blob()));
    shares.set(id, share);
    await cache.delete(request);
  }
  return [...shares.values()];
}

function fileOf(name: string, blob: Blob): File {
  return new File([blob], name, { type: blob.type });
}

/** Puts what was shared into the draft of a new chat. */
export async function showShares<D extends { add(files: Iterable<File>): void }>(
  draft: D,
  addText: (draft: D, text: string) => void,
): Promise<void> {
  for (const { text, files } of await takeShares()) {
    addText(draft, text);
    draft.add(files);
  }
}
