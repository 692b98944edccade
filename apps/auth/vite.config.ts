import { serviceBuild } from '@perennial/build';

export default serviceBuild({
  entries: { main: 'src/main.ts', 'create-admin': 'src/create-admin.ts', migrate: 'src/migrate.ts' },
});
