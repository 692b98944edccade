import { runService } from '@perennial/runtime';
import { rpcMicroservice, tieRpcServer } from '@perennial/transport';
import { ConfigModule } from './config.module';
import { configEnv } from './env';

await runService({
  name: 'config',
  env: configEnv,
  module: (env, runtime) => ConfigModule.forRoot(env, runtime),
  server: rpcMicroservice,
  setup: tieRpcServer,
});
