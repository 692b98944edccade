import 'reflect-metadata';
import { Controller, type INestMicroservice, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { users } from '@perennial/contracts-auth';
import type { CallParsedRequest, CallReply } from '@perennial/contracts-kernel';
import { Handles, rpcMicroservice, TransportModule } from '@perennial/transport';

/** A service `auth` that has every account; tests change who is deactivated while it runs. */
export async function startAuthDouble(
  redisUrl: string,
  keyPrefix: string,
  deactivated: ReadonlySet<string>,
): Promise<INestMicroservice> {
  @Controller()
  class AuthDouble {
    @Handles(users.get)
    get({ userId }: CallParsedRequest<typeof users.get>): CallReply<typeof users.get> {
      return {
        id: userId,
        name: 'Somebody',
        email: `${userId}@example.com`,
        role: deactivated.has(userId) ? 'pending' : 'user',
        profile_image_url: '',
        ...{ bio: null, gender: null, date_of_birth: null, timezone: null },
        ...{ created_at: 0, updated_at: 0, last_active_at: 0 },
      };
    }
  }

  @Module({
    imports: [TransportModule.forRoot({ redisUrl, keyPrefix, service: 'auth' })],
    controllers: [AuthDouble],
  })
  class AuthDoubleModule {}

  const app = await NestFactory.createMicroservice(AuthDoubleModule, {
    ...rpcMicroservice,
    logger: ['error'],
    abortOnError: false,
  });
  await app.listen();
  return app;
}
