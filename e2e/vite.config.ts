import { serviceBuild } from '@perennial/build';

export default serviceBuild({
  entries: {
    failover: 'src/failover.ts',
    retrieval: 'src/retrieval/main.ts',
    'bench-stream': 'src/bench/stream.ts',
    'bare-relay': 'src/bench/bare-relay-process.ts',
    'bench-overload': 'src/bench/overload.ts',
    victims: 'src/bench/victims-process.ts',
    'bench-capacity': 'src/bench/capacity.ts',
    'bench-retrieval': 'src/bench/retrieval.ts',
    'bench-quality': 'src/bench/quality.ts',
    'bench-extraction': 'src/bench/extraction.ts',
    'bench-web': 'src/bench/web.ts',
    looks: 'src/web/looks/main.ts',
    'bench-propagation': 'src/propagation/main.ts',
  },
});
