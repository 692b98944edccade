import { type DrawMessage, type Drawn, type Look, MOST_SOURCE, toFrameMessage, VERSION } from '../sandbox/protocol';

/** It may come over a slow line. */
const LOAD_MS = 30_000;
/** A frame that draws says each second that it is alive; a large diagram may keep a slow phone busy for some. */
const SILENT_MS = 20_000;
/** The whole of one drawing, with the parts of mermaid that it needs. */
const DRAW_MS = 60_000;
/** What nobody waits for any more has so long to end while others wait: another frame is loaded in about that time. */
const LEFT_MS = 2_000;
/** A frame that is not used gives its memory back. */
const IDLE_MS = 60_000;
const MOST_KEPT = 40;
/** Browsers' words for a part of mermaid that did not come: that says nothing of the source. */
const NOT_LOADED = /dynamically imported module|importing a module script failed/i;

/** How a drawing ended. `stopped`: it took too long, or hung. */
export type Drawing =
  ({ kind: 'drawn' } & Drawn) | { kind: 'failed'; reason: string } | { kind: 'stopped' } | { kind: 'tooLong' };

interface Job {
  source: string;
  look: Look;
  key: string;
  done: (drawing: Drawing) => void;
  signal: AbortSignal;
}

/**
 * Draws diagrams one after another in a hidden frame, which has no origin and a process of its own where the browser gives it one. What hangs is stopped with its
 * frame, and the next one gets another. A drawn diagram is a picture: nothing of it runs in the page.
 */
export class DiagramFrame {
  private readonly kept = new Map<string, Drawing>();
  private readonly jobs: Job[] = [];
  private current: Job | undefined;
  private number = 0;
  private place: HTMLElement | undefined;
  private frame: HTMLIFrameElement | undefined;
  private isReady = false;
  /** Nobody waits for the current drawing any more, and others do. */
  private isHurried = false;
  private silence: ReturnType<typeof setTimeout> | undefined;
  private limit: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly address: string) {}

  /** @param signal takes back the wish */
  draw(source: string, look: Look, signal: AbortSignal): Promise<Drawing> {
    if (source.length > MOST_SOURCE) return Promise.resolve({ kind: 'tooLong' });
    const key = JSON.stringify([look, source]);
    const known = this.kept.get(key);
    if (known) return Promise.resolve(known);
    return new Promise((done) => {
      this.jobs.push({ source, look, key, done, signal });
      signal.addEventListener('abort', () => this.hurry());
      this.next();
      this.hurry();
    });
  }

  private next(): void {
    if (this.current) return;
    this.current = this.taken();
    this.isHurried = false;
    clearTimeout(this.limit);
    if (!this.current) {
      this.limit = setTimeout(() => this.close(), IDLE_MS);
    } else if (!this.frame) {
      this.open();
    } else {
      this.begin(this.current);
    }
  }

  /** The first that is still waited for, and was not drawn meanwhile for somebody else. */
  private taken(): Job | undefined {
    for (let job = this.jobs.shift(); job; job = this.jobs.shift()) {
      const known = this.kept.get(job.key);
      if (known) job.done(known);
      else if (!job.signal.aborted) return job;
    }
    return undefined;
  }

  /** What was left keeps nobody waiting for long; it goes on if nobody waits, or somebody for the same picture. */
  private hurry(): void {
    const { current } = this;
    if (!current?.signal.aborted || !this.isReady || this.isHurried) return;
    if (!this.jobs.some(({ signal, key }) => !signal.aborted && key !== current.key)) return;
    this.isHurried = true;
    clearTimeout(this.limit);
    this.limit = setTimeout(this.stop, LEFT_MS);
  }

  private begin({ source, look }: Job): void {
    if (!this.isReady) return;
    this.number += 1;
    const message: DrawMessage = { version: VERSION, kind: 'draw', id: this.number, source, look };
    // It has no origin that could be named; the frame shows only our file, which is all that it can show.
    this.frame?.contentWindow?.postMessage(message, '*');
    this.limit = setTimeout(this.stop, DRAW_MS);
    this.heard();
  }

  private end(drawing: Drawing): void {
    const job = this.current;
    clearTimeout(this.silence);
    this.current = undefined;
    if (job && drawing.kind !== 'stopped') this.keep(job.key, drawing);
    job?.done(drawing);
    this.next();
  }

  private keep(key: string, drawing: Drawing): void {
    this.kept.set(key, drawing);
    const [oldest] = this.kept.keys();
    if (this.kept.size > MOST_KEPT && oldest !== undefined) this.kept.delete(oldest);
  }

  private heard(): void {
    clearTimeout(this.silence);
    this.silence = setTimeout(this.stop, SILENT_MS);
  }

  /** Only the frame is stopped; what waits gets another one. */
  private readonly stop = (): void => {
    this.close();
    this.end({ kind: 'stopped' });
  };

  private readonly hear = ({ source, origin, data }: MessageEvent<unknown>): void => {
    if (!this.frame || source !== this.frame.contentWindow || origin !== 'null') return;
    const message = toFrameMessage(data);
    if (message?.kind === 'ready' && !this.isReady) {
      this.isReady = true;
      clearTimeout(this.limit);
      if (this.current?.signal.aborted) this.end({ kind: 'stopped' });
      else if (this.current) this.begin(this.current);
    } else if (message?.kind === 'alive') {
      this.heard();
    } else if (message && 'id' in message && message.id === this.number && this.current && this.isReady) {
      if (message.kind !== 'failed') this.end(message);
      else if (NOT_LOADED.test(message.reason)) this.stop();
      else this.end({ kind: 'failed', reason: message.reason });
    }
  };

  private open(): void {
    addEventListener('message', this.hear);
    const [place, frame] = [document.createElement('div'), document.createElement('iframe')];
    place.inert = true;
    place.setAttribute('aria-hidden', 'true');
    // In view, because browsers let hidden frames wait; texts are measured in it.
    Object.assign(place.style, { position: 'fixed', inset: '0', overflow: 'hidden', opacity: '0', zIndex: '-1' });
    Object.assign(place.style, { pointerEvents: 'none', contain: 'strict' });
    Object.assign(frame.style, { width: '800px', height: '600px', border: '0' });
    frame.sandbox.add('allow-scripts');
    frame.tabIndex = -1;
    frame.src = this.address;
    place.append(frame);
    document.body.append(place);
    this.place = place;
    this.frame = frame;
    this.limit = setTimeout(this.stop, LOAD_MS);
  }

  private close(): void {
    removeEventListener('message', this.hear);
    clearTimeout(this.limit);
    clearTimeout(this.silence);
    this.place?.remove();
    this.place = undefined;
    this.frame = undefined;
    this.isReady = false;
  }
}
