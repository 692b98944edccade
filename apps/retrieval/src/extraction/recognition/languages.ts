import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RecognitionSetup } from './protocol';

/** Without their endings: in the package, and beside the build. */
const IN_PACKAGE = 'tesseract-core-simd-lstm';
const IN_BUILD = 'tesseract';
/** Names of Tesseract's languages: `eng`, `chi_sim`. */
export const LANGUAGE = /^[A-Za-z][A-Za-z_]{2,31}$/;

/**
 * The installed recogniser with the languages of these names that are there; undefined without any. The build puts the program and some
 * languages beside it (`ocr/`); its sources use the packages, which are installed for development alone, as `characterMaps` does.
 *
 * @param dir a directory with further languages: `fra.traineddata` or `fra.traineddata.gz`
 */
export function recognitionSetup(names: readonly string[], dir?: string): RecognitionSetup | undefined {
  const built = builtFolder();
  const tesseract = existsSync(built) ? join(built, IN_BUILD) : packageFolder('tesseract.js-core', IN_PACKAGE);
  if (tesseract === undefined) return undefined;
  const languages = names.flatMap((name) => {
    const path = languageFile(name, dir);
    return path === undefined ? [] : [{ name, path }];
  });
  if (languages.length === 0) return undefined;
  return { program: `${tesseract}.${existsSync(built) ? 'cjs' : 'js'}`, code: `${tesseract}.wasm`, languages };
}

/** Languages of these names that are not there, for whoever named them. */
export function missingLanguages({ languages, dir }: { languages: readonly string[]; dir?: string }): string[] {
  return languages.filter((name) => languageFile(name, dir) === undefined);
}

const builtFolder = (): string => fileURLToPath(new URL('ocr/', import.meta.url));

function languageFile(name: string, dir: string | undefined): string | undefined {
  if (!LANGUAGE.test(name)) return undefined;
  const folders = [dir, builtFolder(), packageFolder(`@tesseract.js-data/${name}`, '4.0.0_best_int')];
  const files = folders.flatMap((folder) =>
    folder === undefined ? [] : [join(folder, `${name}.traineddata`), join(folder, `${name}.traineddata.gz`)],
  );
  return files.find((file) => existsSync(file));
}

function packageFolder(name: string, within = ''): string | undefined {
  try {
    return join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), within);
  } catch {
    return undefined;
  }
}
