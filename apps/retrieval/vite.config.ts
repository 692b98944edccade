import { serviceBuild } from '@perennial/build';

export default serviceBuild({
  entries: { main: 'src/main.ts', extractor: 'src/extraction/child/main.ts', orphans: 'src/orphans.ts' },
});
