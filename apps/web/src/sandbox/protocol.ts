/**
 * What the page and the frame that draws diagrams tell each other. The frame runs without an origin and with what a model wrote, so the page believes nothing of
 * it that has another shape; the frame believes only its page. Both are files of one release, except while an upgrade runs: each message has a version.
 */
export const VERSION = 1;

/** A longer source is not drawn; mermaid itself would refuse it. In UTF-16 units. */
export const MOST_SOURCE = 50_000;
export const ALIVE_EACH_MS = 1_000;
const MOST_SVG = 4_000_000;
const MOST_WORDS = 500;
/** Pixels of a side. */
const LONGEST_SIDE = 50_000;

/** Colours of the page in which a diagram is drawn, as `#rrggbb`. */
export const COLOURS = ['ground', 'surface', 'text', 'muted', 'line', 'accent', 'wash'] as const;
export type Colours = Readonly<Record<(typeof COLOURS)[number], string>>;

export interface Look {
  dark: boolean;
  colours: Colours;
}

/** To the frame: draw this. */
export interface DrawMessage {
  version: typeof VERSION;
  kind: 'draw';
  id: number;
  source: string;
  look: Look;
}

/** A diagram. What it says of itself is for readers who cannot see it. */
export interface Drawn {
  svg: string;
  /** Pixels. */
  width: number;
  height: number;
  /** Mermaid's name of the kind of diagram. */
  type: string;
  title: string;
  description: string;
}

/** From the frame. */
export type FrameMessage = { version: typeof VERSION } & (
  | { kind: 'ready' }
  /** Each second while it draws: a frame that hangs in a loop says nothing. */
  | { kind: 'alive' }
  | ({ kind: 'drawn'; id: number } & Drawn)
  | { kind: 'failed'; id: number; reason: string }
);

/** A message that is one to the frame; undefined for anything else. */
export function toDrawMessage(data: unknown): DrawMessage | undefined {
  if (!isRecord(data) || data['version'] !== VERSION || data['kind'] !== 'draw') return undefined;
  const { id, source, look } = data;
  if (!isCount(id) || !isText(source, MOST_SOURCE) || !isLook(look)) return undefined;
  return { version: VERSION, kind: 'draw', id, source, look };
}

/** A message that is one from the frame; undefined for anything else. */
export function toFrameMessage(data: unknown): FrameMessage | undefined {
  if (!isRecord(data) || data['version'] !== VERSION) return undefined;
  const { kind, id } = data;
  if (kind === 'ready' || kind === 'alive') return { version: VERSION, kind };
  if (!isCount(id)) return undefined;
  if (kind === 'failed') {
    const { reason } = data;
    return typeof reason === 'string' ? { version: VERSION, kind, id, reason: reason.slice(0, MOST_WORDS) } : undefined;
  }
  if (kind !== 'drawn') return undefined;
  const { svg, width, height, type, title, description } = data;
  if (!isText(svg, MOST_SVG) || !svg.startsWith('<svg') || !isSide(width) || !isSide(height)) return undefined;
  if (!isText(type, MOST_WORDS) || !isText(title, MOST_SOURCE) || !isText(description, MOST_SOURCE)) return undefined;
  const words = { title: title.slice(0, MOST_WORDS), description: description.slice(0, MOST_WORDS) };
  return { version: VERSION, kind, id, svg, width, height, type, ...words };
}

function isLook(value: unknown): value is Look {
  if (!isRecord(value) || typeof value['dark'] !== 'boolean' || !isRecord(value['colours'])) return false;
  const { colours } = value;
  return COLOURS.every((name) => typeof colours[name] === 'string' && /^#[0-9a-f]{6}$/i.test(colours[name]));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isText(value: unknown, most: number): value is string {
  return typeof value === 'string' && value.length <= most;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function isSide(value: unknown): value is number {
  return typeof value === 'number' && value > 0 && value <= LONGEST_SIDE;
}
