import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { gunzipSync } from 'node:zlib';
import type { FromRecognition, RecognitionSetup, ToRecognition } from './protocol';

/**
 * The thread that recognises text in pictures, within an extractor's process: Tesseract blocks it for seconds, and it is ended if a picture
 * takes too long. It reads files that it is given and opens no connection.
 */

/** Tesseract's confidence in its words, in per cent. Below this other scripts are tried. */
const SURE = 70;
/** Below this the picture has no text: these are lines and shadows. */
const NOTHING = 45;
/** Scripts with models of their own; together with others they are slow and worse. */
const OWN_SCRIPT = /^(?:chi|jpn|kor)/;
/** Columns and blocks are found, but not the direction, which needs another model. */
const AUTOMATIC_PAGES = 3;
const LSTM_ONLY = 1;
/** Tags of a JPEG: its orientation, 1 to 8. */
const ORIENTATION = Buffer.from([0x12, 0x01, 3, 0, 1, 0, 0, 0]);
const ORIENTATION_BIG = Buffer.from([0x01, 0x12, 0, 3, 0, 0, 0, 1, 0]);
const TAGS_BYTES = 4096;

/** The used part of Tesseract. */
interface Tesseract {
  FS: { writeFile(name: string, bytes: Uint8Array): void };
  TessBaseAPI: new () => Engine;
}

interface Engine {
  /** 0 if it succeeds. */
  Init(folder: null, languages: string, mode: number): number;
  SetPageSegMode(mode: number): void;
  /** 1 if the file is no picture. */
  SetImageFile(orientation: number, angle: number): number;
  Recognize(monitor: null): number;
  GetUTF8Text(): string;
  MeanTextConf(): number;
  Clear(): void;
}

/** Languages that are recognised together. */
interface Script {
  languages: string;
  engine?: Engine;
}

const { program, code, languages } = workerData as RecognitionSetup;
const send = (message: FromRecognition): void => parentPort?.postMessage(message);

function scriptsOf(names: readonly string[]): Script[] {
  const together = names.filter((name) => !OWN_SCRIPT.test(name)).join('+');
  return [together, ...names.filter((name) => OWN_SCRIPT.test(name))]
    .filter((joined) => joined !== '')
    .map((joined) => ({ languages: joined }));
}

function recognise(tesseract: Tesseract, script: Script, picture: Uint8Array): { text: string; confidence: number } {
  script.engine ??= engineFor(tesseract, script.languages);
  const { engine } = script;
  tesseract.FS.writeFile('/input', picture);
  if (engine.SetImageFile(orientationOf(picture), 0) === 1) return { text: '', confidence: 0 };
  engine.Recognize(null);
  const result = { text: engine.GetUTF8Text(), confidence: engine.MeanTextConf() };
  engine.Clear();
  return result;
}

function engineFor(tesseract: Tesseract, names: string): Engine {
  const engine = new tesseract.TessBaseAPI();
  if (engine.Init(null, names, LSTM_ONLY) !== 0) throw new Error(`the languages ${names} could not be loaded`);
  engine.SetPageSegMode(AUTOMATIC_PAGES);
  return engine;
}

/** How a camera was held. */
function orientationOf(picture: Uint8Array): number {
  const tags = Buffer.from(picture.buffer, picture.byteOffset, Math.min(picture.byteLength, TAGS_BYTES));
  const little = tags.indexOf(ORIENTATION);
  const big = tags.indexOf(ORIENTATION_BIG);
  const value = little >= 0 ? tags[little + ORIENTATION.length] : big >= 0 ? tags[big + ORIENTATION_BIG.length] : 1;
  return value !== undefined && value >= 1 && value <= 8 ? value : 1;
}

const load = createRequire(import.meta.url)(program) as (options: object) => Promise<Tesseract>;
const quiet = (): void => undefined;
const tesseract = await load({
  wasmBinary: readFileSync(code),
  print: quiet,
  printErr: quiet,
  TesseractProgress: quiet,
});
for (const { name, path } of languages) {
  const bytes = readFileSync(path);
  tesseract.FS.writeFile(`${name}.traineddata`, path.endsWith('.gz') ? gunzipSync(bytes) : bytes);
}
/** The one that fitted last is tried first. */
let scripts = scriptsOf(languages.map(({ name }) => name));

parentPort?.on('message', ({ picture }: ToRecognition) => {
  try {
    let best = { text: '', confidence: 0 };
    for (const script of [...scripts]) {
      const result = recognise(tesseract, script, picture);
      if (result.confidence > best.confidence) {
        best = result;
        scripts = [script, ...scripts.filter((other) => other !== script)];
      }
      if (best.confidence >= SURE) break;
    }
    send({ kind: 'text', text: best.confidence < NOTHING ? '' : best.text });
  } catch {
    send({ kind: 'failed' });
  }
});
send({ kind: 'ready' });
