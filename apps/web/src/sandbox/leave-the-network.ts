/** Beside the policy of the frame's file: from here on nothing is loaded from our own server either, and every text that becomes elements is looked through. */
const POLICY =
  "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; font-src data:; media-src data: blob:; " +
  "form-action 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types default";

/** They reach the network past every policy, or make elements past those who look. */
const TAKEN = [
  ...['RTCPeerConnection', 'webkitRTCPeerConnection', 'WebTransport'],
  ...['DOMParser', 'XSLTProcessor', 'customElements'],
];

/**
 * Elements that lead elsewhere. A policy lets a `link` look up names and connect, and lets a frame with a text of its own run scripts in a window that still has what
 * was taken from this one.
 */
const LEADING = 'link|iframe|frame|frameset|object|embed|fencedframe|portal';
const IN_TEXT = new RegExp(`(</?)(?:[^\\s<>/:]+:)?(${LEADING})(?![\\w.:-])`, 'gi');
const BY_NAME = new RegExp(`^(?:.*:)?(?:${LEADING})$`, 'i');
const LINK = /^link$/i;
/** An element that is nothing. */
const NOTHING = 'x-nothing';

/** As they were: whatever runs here later may put others in their places. */
const { apply } = Reflect;
const { replace, lastIndexOf } = String.prototype;
const { join } = Array.prototype;

/** Null refuses the text. `sink`: what it is for. */
type Rule = (text: string, type?: string, sink?: string) => string | null;

/** The types of the page do not know it. */
interface TrustedTypes {
  createPolicy(name: 'default', rules: Record<'createHTML' | 'createScript' | 'createScriptURL', Rule>): unknown;
}

/** Takes from this window every way to a network that a policy leaves. Whatever is written into it afterwards runs without them. */
export function leaveTheNetwork(): void {
  const policy = document.createElement('meta');
  policy.httpEquiv = 'Content-Security-Policy';
  policy.content = POLICY;
  document.head.append(policy);
  for (const name of TAKEN) fix(window, name, undefined);
  fix(CustomElementRegistry.prototype, 'define', undefined);
  const same: Rule = (text) => text;
  // What a `javascript:` address comes to would be a new document in a new window, from which nothing was taken.
  const notAsAddress: Rule = (text, _type, sink) => (/^location\b/i.test(`${sink}`) ? null : text);
  (window as { trustedTypes?: TrustedTypes }).trustedTypes?.createPolicy('default', {
    createHTML: withoutLeading,
    createScript: notAsAddress,
    createScriptURL: same,
  });
  const { createElement, createElementNS, write } = Document.prototype;
  const { createDocument } = DOMImplementation.prototype;
  fix(Document.prototype, 'createElement', function (this: Document, name: string) {
    return apply(createElement, this, [harmless(name)]) as Element;
  });
  fix(Document.prototype, 'createElementNS', function (this: Document, space: string | null, name: string) {
    return apply(createElementNS, this, [space, harmless(name)]) as Element;
  });
  fix(
    DOMImplementation.prototype,
    'createDocument',
    function (this: DOMImplementation, space: string | null, name: string) {
      return apply(createDocument, this, [space, name && harmless(name)]) as Document;
    },
  );
  for (const name of ['write', 'writeln']) {
    fix(Document.prototype, name, function (this: Document, ...texts: string[]) {
      const text = withoutLeading(apply(join, texts, ['']) as string);
      // Two halves of an element are none that could be seen.
      if ((apply(lastIndexOf, text, ['<']) as number) <= (apply(lastIndexOf, text, ['>']) as number))
        apply(write, this, [text]);
    });
  }
  // These take a text that no policy looks through.
  for (const owner of [Element.prototype, ShadowRoot.prototype]) fix(owner, 'setHTML', undefined);
  fix(Document, 'parseHTML', undefined);
  // Those who look through texts look with it.
  Object.freeze(RegExp.prototype);
}

/** A text without such elements. */
export function withoutLeading(text: string): string {
  // It has no end either, and may be in a head too.
  const instead = (_: string, mark: string, name: string): string => mark + (LINK.test(name) ? 'meta' : NOTHING);
  return apply(replace, text, [IN_TEXT, instead]) as string;
}

function harmless(name: unknown): string {
  const text = `${name as string}`;
  return BY_NAME.test(text) ? NOTHING : text;
}

function fix(owner: object, name: string, value: unknown): void {
  Object.defineProperty(owner, name, { value, writable: false, configurable: false });
}
