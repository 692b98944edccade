import { serviceBuild } from '@perennial/build';

// `program` is the command line without a process of its own: tests run most commands in theirs.
export default serviceBuild({ entries: { main: 'src/main.ts', program: 'src/program.ts' } });
