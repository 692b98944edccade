import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { serviceBuild } from '@perennial/build';

export default serviceBuild({
  entries: {
    main: 'src/main.ts',
    extractor: 'src/extraction/child/main.ts',
  },
  // unpdf has no copy of pdf.js' character maps; of the 40 MB beside them nothing is shipped.
  folders: { cmaps: join(dirname(createRequire(import.meta.url).resolve('pdfjs-dist/package.json')), 'cmaps') },
});
