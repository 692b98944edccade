import 'reflect-metadata';
import { Controller, type INestMicroservice, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { models, type ResolvedModel, type Settings, settings, SettingsSchema } from '@perennial/contracts-config';
import { CallError, type CallParsedRequest } from '@perennial/contracts-kernel';
import { Handles, rpcMicroservice, TransportModule } from '@perennial/transport';

/** Replies of the double; tests change them while it runs. */
export interface ConfigAnswers {
  /** Must rise for chat to see a change. */
  version: number;
  baseUrl: string;
  continuation: ResolvedModel['connection']['continuation'];
  sealedKey: string | null;
  taskModel: string | null;
  queryGeneration: boolean;
  queryPrompt: string;
  /** Documents that every model has. */
  knowledge: ResolvedModel['knowledge'];
  /** Of the connection. */
  limits: Pick<ResolvedModel['connection'], 'maxConcurrency' | 'requestsPerMinute'>;
  /** While it is set, requests about models are not answered. */
  silence?: Promise<void>;
}

/** A service `config` with every model whose id begins with `sim`, at one provider. */
export async function startConfigDouble(
  redisUrl: string,
  keyPrefix: string,
  answers: ConfigAnswers,
): Promise<INestMicroservice> {
  @Controller()
  class ConfigDouble {
    @Handles(models.resolve)
    async resolve({ modelId }: CallParsedRequest<typeof models.resolve>): Promise<ResolvedModel> {
      await answers.silence;
      if (!modelId.startsWith('sim')) throw new CallError('NOT_FOUND', `There is no model "${modelId}".`);
      const { baseUrl, continuation, sealedKey, limits } = answers;
      return {
        version: answers.version,
        connection: { kind: 'openai', baseUrl, sealedKey, continuation, ...limits },
        upstreamModel: modelId,
        params: {},
        knowledge: answers.knowledge,
        openToAll: true,
      };
    }

    @Handles(settings.get)
    settings(): Settings {
      const { taskModel, queryGeneration, queryPrompt } = answers;
      const tasks = { titleGeneration: true, titlePrompt: '', taskModel, queryGeneration, queryPrompt };
      const { version } = answers;
      return SettingsSchema.parse({
        version,
        name: 'Test',
        defaultLocale: 'en',
        defaultModels: null,
        banners: [],
        tasks,
      });
    }

    @Handles(settings.version)
    version(): { version: number } {
      return { version: answers.version };
    }
  }

  @Module({
    imports: [TransportModule.forRoot({ redisUrl, keyPrefix, service: 'config' })],
    controllers: [ConfigDouble],
  })
  class ConfigDoubleModule {}

  const app = await NestFactory.createMicroservice(ConfigDoubleModule, {
    ...rpcMicroservice,
    logger: ['error'],
    abortOnError: false,
  });
  await app.listen();
  return app;
}
