import { serviceBuild } from '@perennial/build';

export default serviceBuild({
  entries: { main: 'src/main.ts', 'stream-thread': 'src/stream-thread.ts' },
});
