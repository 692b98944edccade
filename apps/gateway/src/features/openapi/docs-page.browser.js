/* global document, fetch, location, SwaggerUIBundle */
// Shows the document of the server that this page comes from, with the session of the browser.
const status = document.querySelector('#status');
const base = location.pathname.replace(/\/docs\/?$/, '');

try {
  const reply = await fetch(`${base}/openapi.json`);
  const body = await reply.json();
  if (reply.ok) {
    status.remove();
    SwaggerUIBundle({
      dom_id: '#docs',
      spec: { ...body, servers: [{ url: base || '/' }] },
      deepLinking: true,
      docExpansion: 'none',
    });
  } else if (reply.status === 401) {
    status.textContent = 'Sign in first, then load this page again.';
    const link = document.createElement('a');
    link.href = `${base}/`;
    link.textContent = 'Sign in';
    status.append(' ', link);
  } else {
    status.textContent = `The routes cannot be shown: ${body.detail}`;
  }
} catch {
  status.textContent = 'The server cannot be reached. Load this page again.';
}
