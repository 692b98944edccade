import { serviceBuild } from '@perennial/build';

export default serviceBuild({ entries: { main: 'src/main.ts', bystander: 'src/bystander-process.ts' } });
