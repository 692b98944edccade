import { serviceBuild } from '@perennial/build';

export default serviceBuild({
  entries: { 'compose-processes': 'src/compose/main.ts', upgrade: 'src/upgrade/main.ts' },
});
