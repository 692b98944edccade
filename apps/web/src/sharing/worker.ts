import { keepShare } from './shares';

/** The types of the page know no worker's events. */
interface FetchEvent extends Event {
  readonly request: Request;
  respondWith(reply: Promise<Response>): void;
}

/**
 * The worker of the installed page. It takes what other programs share and answers nothing else: every file of the page comes from the server, so there is
 * no old version of it in a cache.
 */
addEventListener('fetch', (event) => {
  const { request } = event as FetchEvent;
  if (request.method !== 'POST' || new URL(request.url).pathname !== '/share') return;
  (event as FetchEvent).respondWith(take(request));
});

/** Shares that cannot be kept, because the disk is full, open the page without them. */
async function take(request: Request): Promise<Response> {
  try {
    await keepShare(await request.formData());
  } catch {
    // Nothing can be shown from here; the page opens, and the program still has what was shared.
  }
  return Response.redirect('/?shared', 303);
}
