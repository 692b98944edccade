import { parseEnv, runService } from '@perennial/runtime';
import { rpcMicroservice, tieRpcServer } from '@perennial/transport';
import { endWithWorker } from '@perennial/work';
import { ChatModule } from './chat.module';
import { chatEnv } from './env';

const { CHAT_ROLE } = parseEnv(chatEnv, process.env, { service: 'chat' });
if (CHAT_ROLE === 'quarantine') endWithWorker(Number(process.argv[2]));
const answersCalls = CHAT_ROLE === 'api' || CHAT_ROLE === 'all';

await runService({
  name: 'chat',
  env: chatEnv,
  module: (env, runtime) => ChatModule.forRoot(env, runtime),
  ...(answersCalls ? { server: rpcMicroservice, setup: tieRpcServer } : {}),
});
