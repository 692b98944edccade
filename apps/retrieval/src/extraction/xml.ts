import { SaxesParser } from 'saxes';
import { Depth } from './depth';

/** An element of XML as it opens: its name and attributes without prefixes where `local` asks for that. */
export interface XmlElement {
  name: string;
  attributes: Record<string, string>;
}

export interface XmlHandlers {
  open?(element: XmlElement): void;
  /** Text as it comes: one text may come in several pieces. */
  text?(text: string): void;
  close?(name: string): void;
}

/** The name without its prefix. */
export const localName = (name: string): string => name.slice(name.indexOf(':') + 1);

/**
 * Parses XML piece by piece and yields after each piece, so that collected output can be passed on. Declared entities are not expanded: they
 * are an error, like everything malformed. Throws `too-deep`.
 */
export async function* parseXml(pieces: AsyncIterable<string>, handlers: XmlHandlers): AsyncGenerator<void> {
  const parser = new SaxesParser<{ xmlns: false; position: false }>({ xmlns: false, position: false });
  let failed: Error | undefined;
  parser.on('error', (error) => {
    failed ??= error;
  });
  const depth = new Depth();
  parser.on('opentag', ({ name, attributes }) => {
    depth.enter();
    handlers.open?.({ name, attributes });
  });
  parser.on('text', (text) => handlers.text?.(text));
  parser.on('cdata', (text) => handlers.text?.(text));
  parser.on('closetag', ({ name }) => {
    depth.leave();
    handlers.close?.(name);
  });
  for await (const piece of pieces) {
    parser.write(piece);
    if (failed) throw failed;
    yield;
  }
  parser.close();
  if (failed) throw failed;
}

/** Parses XML to its end. */
export async function readXml(pieces: AsyncIterable<string>, handlers: XmlHandlers): Promise<void> {
  const parsing = parseXml(pieces, handlers);
  while (!(await parsing.next()).done);
}
