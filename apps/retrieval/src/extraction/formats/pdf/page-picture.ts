import type { getResolvedPDFJS } from 'unpdf';
import type { ReadablePage } from './pdf';

type Operations = Awaited<ReturnType<typeof getResolvedPDFJS>>['OPS'];
/** a, b, c, d, e, f of a PDF's matrices. */
type Matrix = readonly [number, number, number, number, number, number];

/** Dots to the inch for the recogniser: as many as the scan has, within these. More of them make it slower, and not better. */
const DPI = { least: 150, most: 300 };
const POINTS_PER_INCH = 72;
const MOST_PIXELS = 12_000_000;
/** Points of a picture for one of the page, in one direction: more of them change nothing. */
const MOST_SAMPLES = 4;
/** Pictures of a page, such as strips of a scan. */
const MOST_PICTURES = 500;
/** Smaller pictures, as shares of the page, are logos. */
const SMALLEST_SHARE = 0.04;
const WHITE = 255;

/** A picture from pdf.js, decoded; its content is untrusted. */
interface Decoded {
  width: number;
  height: number;
  data: Uint8Array | Uint8ClampedArray;
  /** 1: a bit for a point, 2: three bytes, 3: four bytes. A mask has none: a bit for a point, 0 is ink. */
  kind?: number;
}

interface Placed {
  picture: Decoded;
  /** From the picture's unit square to the page. */
  matrix: Matrix;
}

/**
 * The pictures of a page as it shows them, in grey, as a PGM file for the recogniser; undefined without any that is larger than a logo. Text
 * and lines are not painted.
 */
export async function pagePicture(page: ReadablePage, operations: Operations): Promise<Uint8Array | undefined> {
  const { width, height } = page.getViewport({ scale: 1 });
  const placed = await picturesOf(page, operations);
  const large = placed.filter(({ matrix }) => areaOf(matrix) > width * height * SMALLEST_SHARE);
  if (large.length === 0 || !(width * height > 0)) return undefined;
  const dpi = Math.min(DPI.most, Math.max(DPI.least, ...large.map(dotsPerInch)));
  const scale = Math.min(dpi / POINTS_PER_INCH, Math.sqrt(MOST_PIXELS / (width * height)));
  const viewport = page.getViewport({ scale });
  const [columns, rows] = [Math.max(1, Math.round(viewport.width)), Math.max(1, Math.round(viewport.height))];
  const header = Buffer.from(`P5 ${columns} ${rows} 255\n`);
  const file = new Uint8Array(header.length + columns * rows).fill(WHITE);
  file.set(header);
  const points = file.subarray(header.length);
  for (const { picture, matrix } of placed)
    paint(points, columns, rows, picture, times(viewport.transform as unknown as Matrix, matrix));
  return file;
}

async function picturesOf(page: ReadablePage, operations: Operations): Promise<Placed[]> {
  const { fnArray, argsArray } = await page.getOperatorList();
  const found: Placed[] = [];
  const saved: Matrix[] = [];
  let matrix: Matrix = [1, 0, 0, 1, 0, 0];
  for (const [at, operation] of fnArray.entries()) {
    const [first] = (argsArray[at] ?? []) as unknown[];
    if (operation === operations.save) saved.push(matrix);
    else if (operation === operations.restore) matrix = saved.pop() ?? matrix;
    else if (operation === operations.transform) matrix = times(matrix, argsArray[at] as unknown as Matrix);
    else if (operation === operations.paintFormXObjectBegin) {
      saved.push(matrix);
      if (Array.isArray(first)) matrix = times(matrix, first as unknown as Matrix);
    } else if (operation === operations.paintFormXObjectEnd) matrix = saved.pop() ?? matrix;
    else if (
      operation === operations.paintImageXObject ||
      operation === operations.paintInlineImageXObject ||
      operation === operations.paintImageMaskXObject
    ) {
      const picture = await decodedOf(page, first);
      if (picture && found.length < MOST_PICTURES) found.push({ picture, matrix });
    }
  }
  return found;
}

async function decodedOf(page: ReadablePage, argument: unknown): Promise<Decoded | undefined> {
  const named = typeof argument === 'string' ? argument : (argument as { data?: unknown } | undefined)?.data;
  if (typeof named !== 'string') return pictureIn(argument);
  const objects = named.startsWith('g_') ? page.commonObjs : page.objs;
  const found = await new Promise<unknown>((resolve) => objects.get(named, resolve));
  return pictureIn(found);
}

function pictureIn(found: unknown): Decoded | undefined {
  const { width = 0, height = 0, data, kind } = (found ?? {}) as Partial<Decoded>;
  if (!(data instanceof Uint8Array || data instanceof Uint8ClampedArray) || width < 2 || height < 2) return undefined;
  const needed = kind === 3 ? width * height * 4 : kind === 2 ? width * height * 3 : Math.ceil(width / 8) * height;
  return data.length < needed ? undefined : { width, height, data, kind };
}

/** How light a point of a picture is, 0 to 255. */
function lightOf({ width, data, kind }: Decoded, x: number, y: number): number {
  if (kind === 2 || kind === 3) {
    const at = (y * width + x) * (kind === 2 ? 3 : 4);
    return ((data[at] ?? 0) * 77 + (data[at + 1] ?? 0) * 151 + (data[at + 2] ?? 0) * 28) >> 8;
  }
  const byte = data[y * ((width + 7) >> 3) + (x >> 3)] ?? 0;
  return byte & (0x80 >> (x & 7)) ? WHITE : 0;
}

/** Paints a picture; masks only darken. Each point is the mean of those of the picture that fall on it. */
function paint(points: Uint8Array, columns: number, rows: number, picture: Decoded, matrix: Matrix): void {
  const back = inverse(matrix);
  if (!back) return;
  const corners = [
    [0, 0],
    [1, 0],
    [0, 1],
    [1, 1],
  ].map(([x = 0, y = 0]) => apply(matrix, x, y));
  const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
  const [left, right] = [Math.max(0, Math.floor(Math.min(...xs))), Math.min(columns, Math.ceil(Math.max(...xs)))];
  const [top, bottom] = [Math.max(0, Math.floor(Math.min(...ys))), Math.min(rows, Math.ceil(Math.max(...ys)))];
  const perPoint = Math.max(
    Math.hypot(back[0] * picture.width, back[1] * picture.height),
    Math.hypot(back[2] * picture.width, back[3] * picture.height),
  );
  const samples = Math.min(MOST_SAMPLES, Math.max(1, Math.round(perPoint)));
  const isMask = picture.kind === undefined;
  for (let row = top; row < bottom; row += 1) {
    for (let column = left; column < right; column += 1) {
      let [light, count] = [0, 0];
      for (let sample = 0; sample < samples * samples; sample += 1) {
        const dx = ((sample % samples) + 0.5) / samples;
        const dy = (Math.floor(sample / samples) + 0.5) / samples;
        const [u, v] = apply(back, column + dx, row + dy);
        if (u < 0 || u >= 1 || v < 0 || v >= 1) continue;
        // A picture's first line is at its top, and the unit square begins below.
        light += lightOf(picture, Math.floor(u * picture.width), Math.floor((1 - v) * picture.height));
        count += 1;
      }
      if (count === 0) continue;
      const at = row * columns + column;
      points[at] = isMask ? Math.min(points[at] ?? WHITE, light / count) : light / count;
    }
  }
}

const dotsPerInch = ({ picture, matrix }: Placed): number =>
  POINTS_PER_INCH * Math.sqrt((picture.width * picture.height) / areaOf(matrix));

const areaOf = ([a, b, c, d]: Matrix): number => Math.abs(a * d - b * c);

const apply = ([a, b, c, d, e, f]: Matrix, x: number, y: number): [number, number] => [
  a * x + c * y + e,
  b * x + d * y + f,
];

/** First `inner`, then `outer`. */
function times(outer: Matrix, inner: Matrix): Matrix {
  const [a, b] = [outer[0] * inner[0] + outer[2] * inner[1], outer[1] * inner[0] + outer[3] * inner[1]];
  const [c, d] = [outer[0] * inner[2] + outer[2] * inner[3], outer[1] * inner[2] + outer[3] * inner[3]];
  const [e, f] = apply(outer, inner[4], inner[5]);
  return [a, b, c, d, e, f];
}

function inverse([a, b, c, d, e, f]: Matrix): Matrix | undefined {
  const by = a * d - b * c;
  if (!Number.isFinite(1 / by)) return undefined;
  return [d / by, -b / by, -c / by, a / by, (c * f - d * e) / by, (b * e - a * f) / by];
}
