import { serviceBuild } from '@perennial/build';

export default serviceBuild({ entries: { main: 'src/main.ts', failover: 'src/failover/main.ts' } });
