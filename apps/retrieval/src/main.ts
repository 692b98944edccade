import { parseEnv, runService } from '@perennial/runtime';
import { rpcMicroservice, tieRpcServer } from '@perennial/transport';
import { retrievalEnv } from './env';
import { RetrievalModule } from './retrieval.module';

const { RETRIEVAL_ROLE } = parseEnv(retrievalEnv, process.env, { service: 'retrieval' });
const answersCalls = RETRIEVAL_ROLE !== 'worker';

await runService({
  name: 'retrieval',
  env: retrievalEnv,
  module: (env, runtime) => RetrievalModule.forRoot(env, runtime),
  ...(answersCalls ? { server: rpcMicroservice, setup: tieRpcServer } : {}),
});
