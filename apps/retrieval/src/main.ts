import { parseEnv, runService } from '@perennial/runtime';
import { rpcMicroservice, tieRpcServer } from '@perennial/transport';
import { endWithWorker } from '@perennial/work';
import { retrievalEnv } from './env';
import { RetrievalModule } from './retrieval.module';

const { RETRIEVAL_ROLE } = parseEnv(retrievalEnv, process.env, { service: 'retrieval' });
if (RETRIEVAL_ROLE === 'quarantine') endWithWorker(Number(process.argv[2] ?? process.ppid));
const answersCalls = RETRIEVAL_ROLE === 'api' || RETRIEVAL_ROLE === 'all';

await runService({
  name: 'retrieval',
  env: retrievalEnv,
  module: (env, runtime) => RetrievalModule.forRoot(env, runtime),
  ...(answersCalls ? { server: rpcMicroservice, setup: tieRpcServer } : {}),
});
