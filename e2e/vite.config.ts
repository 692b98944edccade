import { serviceBuild } from '@perennial/build';

export default serviceBuild({ entries: { failover: 'src/failover/main.ts' } });
