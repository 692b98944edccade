import { runService } from '@perennial/runtime';
import { rpcMicroservice, tieRpcServer } from '@perennial/transport';
import { retrievalEnv } from './env';
import { RetrievalModule } from './retrieval.module';

await runService({
  name: 'retrieval',
  env: retrievalEnv,
  module: (env, runtime) => RetrievalModule.forRoot(env, runtime),
  server: rpcMicroservice,
  setup: tieRpcServer,
});
