import { serviceBuild } from '@perennial/build';

export default serviceBuild({ entries: { failover: 'src/failover/main.ts', 'bench-stream': 'src/bench/stream.ts' } });
