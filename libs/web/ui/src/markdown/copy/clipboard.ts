/**
 * Puts a text on the clipboard, and beside it the same as HTML, which word processors take.
 *
 * @returns whether it is there
 */
export async function copyToClipboard(text: string, html?: string): Promise<boolean> {
  // Pages that are not served over TLS have no clipboard, and a browser may refuse.
  if (!isSecureContext) return copyByCommand(text, html);
  try {
    if (html === undefined) await navigator.clipboard.writeText(text);
    else await navigator.clipboard.write([itemOf(text, html)]);
    return true;
  } catch {
    return copyByCommand(text, html);
  }
}

function itemOf(text: string, html: string): ClipboardItem {
  return new ClipboardItem({
    'text/plain': new Blob([text], { type: 'text/plain' }),
    'text/html': new Blob([html], { type: 'text/html' }),
  });
}

function copyByCommand(text: string, html: string | undefined): boolean {
  const fill = (event: ClipboardEvent): void => {
    event.preventDefault();
    event.clipboardData?.setData('text/plain', text);
    if (html !== undefined) event.clipboardData?.setData('text/html', html);
  };
  document.addEventListener('copy', fill);
  try {
    // The only way without TLS.
    return document.execCommand('copy');
  } finally {
    document.removeEventListener('copy', fill);
  }
}
