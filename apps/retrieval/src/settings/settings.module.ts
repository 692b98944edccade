import { Module } from '@nestjs/common';
import { secretKeys } from '@perennial/runtime';
import { RETRIEVAL_ENV, type RetrievalEnv } from '../env';
import { KeySeal } from './key-seal';
import { SettingsController } from './settings.controller';
import { SettingsRepository } from './settings.repository';
import { SettingsService } from './settings.service';
import { SettingsKeeper } from './settings-keeper';

/** What an admin sets about documents. */
@Module({
  controllers: [SettingsController],
  providers: [
    SettingsRepository,
    SettingsKeeper,
    SettingsService,
    { provide: KeySeal, inject: [RETRIEVAL_ENV], useFactory: (env: RetrievalEnv) => new KeySeal(secretKeys(env)) },
  ],
  exports: [SettingsRepository, SettingsKeeper, KeySeal],
})
export class SettingsModule {}
