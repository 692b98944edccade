import mermaid, { type MermaidConfig } from 'mermaid';
import {
  ALIVE_EACH_MS,
  type Drawn,
  type FrameMessage,
  type Look,
  MOST_SOURCE,
  toDrawMessage,
  VERSION,
} from './protocol';

/**
 * The script of the frame that draws diagrams (`/sandbox/diagram.html`). It has no origin: no cookies, no storage, no connections and no way to its page but
 * messages. Mermaid needs inline styles, which the page's own policy forbids.
 */
if (parent !== window) {
  let queue: Promise<unknown> = Promise.resolve();
  addEventListener('message', ({ source, origin, data }: MessageEvent<unknown>) => {
    if (source !== parent || origin !== location.origin) return;
    const message = toDrawMessage(data);
    if (message === undefined) return;
    // One after another: mermaid has one configuration for all.
    queue = queue.then(async () => {
      const { id } = message;
      const beat = setInterval(() => tell({ version: VERSION, kind: 'alive' }), ALIVE_EACH_MS);
      try {
        tell({ version: VERSION, kind: 'drawn', id, ...(await draw(id, message.source, message.look)) });
      } catch (error) {
        tell({ version: VERSION, kind: 'failed', id, reason: error instanceof Error ? error.message : String(error) });
      } finally {
        clearInterval(beat);
      }
    });
  });
  tell({ version: VERSION, kind: 'ready' });
}

function tell(message: FrameMessage): void {
  parent.postMessage(message, location.origin);
}

async function draw(id: number, source: string, look: Look): Promise<Drawn> {
  mermaid.initialize(toConfig(look));
  const { svg: markup, diagramType } = await mermaid.render(`diagram-${id}`, source);
  const parsed = new DOMParser().parseFromString(markup, 'text/html').querySelector('svg');
  if (!parsed) throw new Error('no picture');
  const { width, height } = sizeOf(parsed);
  // With a size of its own it is a picture anywhere, also saved.
  parsed.setAttribute('width', String(width));
  parsed.setAttribute('height', String(height));
  parsed.style.removeProperty('max-width');
  const words = (name: string): string => parsed.querySelector(`:scope > ${name}`)?.textContent ?? '';
  const svg = new XMLSerializer().serializeToString(parsed);
  return { svg, width, height, type: diagramType, title: words('title'), description: words('desc') };
}

function sizeOf(svg: SVGSVGElement): { width: number; height: number } {
  const [, , width = 0, height = 0] = (svg.getAttribute('viewBox') ?? '').split(/[\s,]+/).map(Number);
  if (width > 0 && height > 0) return { width: Math.ceil(width), height: Math.ceil(height) };
  return { width: Number(svg.getAttribute('width')) || 600, height: Number(svg.getAttribute('height')) || 400 };
}

/** Grounds of what lies beside each other, such as the pieces of a pie; text of the page is read on all of them. */
const TINTS = {
  light: ['#cfe3d6', '#f3dfb8', '#d5dcef', '#f0d3d0', '#dcd3ea', '#cfe6ea', '#e6e2cf', '#e9d3e0'],
  dark: ['#2f5a45', '#6b5220', '#34466e', '#6e3a36', '#4d3f6b', '#2f5a62', '#57522f', '#643f55'],
} as const;

function tintsOf(dark: boolean, text: string): Record<string, string> {
  const tints = TINTS[dark ? 'dark' : 'light'];
  return Object.fromEntries(
    Array.from({ length: 12 }, (_, at) => {
      const tint = tints[at % tints.length] ?? text;
      return [
        [`pie${at + 1}`, tint],
        [`cScale${at}`, tint],
        [`cScaleLabel${at}`, text],
        [`git${at}`, tint],
        [`gitBranchLabel${at}`, text],
      ] as const;
    }).flat(),
  );
}

function toConfig({ dark, colours }: Look): MermaidConfig {
  const { ground, surface, text, muted, line, accent, wash } = colours;
  return {
    startOnLoad: false,
    securityLevel: 'strict',
    // Text as text of SVG: a picture shows no HTML.
    htmlLabels: false,
    maxTextSize: MOST_SOURCE,
    maxEdges: 500,
    suppressErrorRendering: true,
    // The same source is the same picture.
    deterministicIds: true,
    // Mermaid's own choice would be "elk", which is not there (`no-elk.ts`).
    layout: 'dagre',
    look: 'classic',
    theme: 'base',
    fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif',
    themeVariables: {
      darkMode: dark,
      background: ground,
      primaryColor: wash,
      primaryTextColor: text,
      primaryBorderColor: accent,
      secondaryColor: surface,
      tertiaryColor: surface,
      lineColor: muted,
      textColor: text,
      mainBkg: wash,
      nodeBorder: accent,
      clusterBkg: surface,
      clusterBorder: line,
      edgeLabelBackground: ground,
      noteBkgColor: surface,
      noteTextColor: text,
      noteBorderColor: line,
      titleColor: text,
      pieTitleTextColor: text,
      pieSectionTextColor: text,
      pieLegendTextColor: text,
      pieStrokeColor: line,
      pieOuterStrokeColor: line,
      pieOpacity: '1',
      ...tintsOf(dark, text),
    },
  };
}
