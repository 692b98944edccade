import { serviceBuild } from '@perennial/build';

export default serviceBuild({
  entries: { main: 'src/main.ts', server: 'src/server.ts', client: 'src/client.ts', wait: 'src/wait.ts' },
});
