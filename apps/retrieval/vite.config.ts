import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { serviceBuild } from '@perennial/build';

const require = createRequire(import.meta.url);
const within = (manifest: string, ...path: string[]): string => join(dirname(manifest), ...path);

const tesseract = require.resolve('tesseract.js-core/package.json');
const models = {
  chi_sim: require.resolve('@tesseract.js-data/chi_sim/package.json'),
  deu: require.resolve('@tesseract.js-data/deu/package.json'),
  eng: require.resolve('@tesseract.js-data/eng/package.json'),
};

export default serviceBuild({
  entries: {
    main: 'src/main.ts',
    extractor: 'src/extraction/child/main.ts',
    recogniser: 'src/extraction/recognition/main.ts',
  },
  // Files of packages that the service does not install: of the 130 MB beside them nothing is shipped.
  folders: {
    // unpdf has no copy of pdf.js' character maps.
    cmaps: within(require.resolve('pdfjs-dist/package.json'), 'cmaps'),
    // One of six builds of Tesseract, and the small models of some languages: 9 MB.
    // CommonJS, beside modules.
    'ocr/tesseract.cjs': within(tesseract, 'tesseract-core-simd-lstm.js'),
    'ocr/tesseract.wasm': within(tesseract, 'tesseract-core-simd-lstm.wasm'),
    ...Object.fromEntries(
      Object.entries(models).map(([language, manifest]) => [
        `ocr/${language}.traineddata.gz`,
        within(manifest, '4.0.0_best_int', `${language}.traineddata.gz`),
      ]),
    ),
  },
});
