/** Beside the policy of the frame's file: from here on nothing is loaded from our own server either, and every text that becomes elements is looked through. */
const POLICY =
  "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; font-src data:; media-src data: blob:; " +
  "form-action 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types default";

/** They reach the network past every policy, or make elements past those who look. */
const TAKEN = ['RTCPeerConnection', 'webkitRTCPeerConnection', 'WebTransport', 'XSLTProcessor', 'customElements'];

/**
 * Elements that lead elsewhere. A policy lets a `link` look up names and connect, and lets a frame with a text of its own run scripts in a window that still has what
 * was taken from this one.
 */
const LEADING = 'link|iframe|frame|frameset|object|embed|fencedframe|portal';
const IN_TEXT = new RegExp(`(</?)(?:[\\w.-]+:)?(${LEADING})(?![\\w.:-])`, 'gi');
const BY_NAME = new RegExp(`^(?:.*:)?(?:${LEADING})$`, 'i');
/** An element that is nothing. */
const NOTHING = 'x-nothing';

/** The types of the page do not know it. */
interface TrustedTypes {
  createPolicy(
    name: 'default',
    rules: Record<'createHTML' | 'createScript' | 'createScriptURL', (text: string) => string>,
  ): unknown;
}

/** Takes from this window every way to a network that a policy leaves. Whatever is written into it afterwards runs without them. */
export function leaveTheNetwork(): void {
  const policy = document.createElement('meta');
  policy.httpEquiv = 'Content-Security-Policy';
  policy.content = POLICY;
  document.head.append(policy);
  for (const name of TAKEN) fix(window, name, undefined);
  const same = (text: string): string => text;
  (window as { trustedTypes?: TrustedTypes }).trustedTypes?.createPolicy('default', {
    createHTML: withoutLeading,
    createScript: same,
    createScriptURL: same,
  });
  const { createElement, createElementNS, write } = Document.prototype;
  fix(Document.prototype, 'createElement', function (this: Document, name: string) {
    return createElement.call(this, harmless(name));
  });
  fix(Document.prototype, 'createElementNS', function (this: Document, space: string | null, name: string) {
    return createElementNS.call(this, space, harmless(name));
  });
  for (const name of ['write', 'writeln']) {
    fix(Document.prototype, name, function (this: Document, ...texts: string[]) {
      const text = withoutLeading(texts.join(''));
      // Two halves of an element are none that could be seen.
      if (text.lastIndexOf('<') <= text.lastIndexOf('>')) write.call(this, text);
    });
  }
}

/** A text without such elements. */
export function withoutLeading(text: string): string {
  // It has no end either, and may be in a head too.
  return text.replace(IN_TEXT, (_, mark: string, name: string) => mark + (/^link$/i.test(name) ? 'meta' : NOTHING));
}

function harmless(name: unknown): string {
  const text = String(name);
  return BY_NAME.test(text) ? NOTHING : text;
}

function fix(owner: object, name: string, value: unknown): void {
  Object.defineProperty(owner, name, { value, writable: false, configurable: false });
}
