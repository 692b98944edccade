import { runService } from '@perennial/runtime';
import { rpcMicroservice, tieRpcServer } from '@perennial/transport';
import { AuthModule } from './auth.module';
import { authEnv } from './env';

await runService({
  name: 'auth',
  env: authEnv,
  module: (env, runtime) => AuthModule.forRoot(env, runtime),
  server: rpcMicroservice,
  setup: tieRpcServer,
});
