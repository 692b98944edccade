import { serveStreams } from '@perennial/model-provider/thread';

serveStreams();
