import { serviceBuild } from '@perennial/build';

export default serviceBuild();
