import { Injectable } from '@nestjs/common';
import { CallError, type CallParsedRequest, type CallReply, type UserPrincipal } from '@perennial/contracts-kernel';
import type { retrievalSettings } from '@perennial/contracts-retrieval';
import { UnitOfWork } from '@perennial/persistence';
import { Runtime } from '@perennial/runtime';
import { misfit } from './settings';
import { SettingsRepository } from './settings.repository';
import { SettingsKeeper } from './settings-keeper';

/** The settings as the admin's page sees them. */
@Injectable()
export class SettingsService {
  constructor(
    private readonly runtime: Runtime,
    private readonly keeper: SettingsKeeper,
    private readonly repository: SettingsRepository,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  async get(): Promise<CallReply<typeof retrievalSettings.get>> {
    const { version, retrieval } = await this.keeper.fresh();
    return { version, settings: retrieval };
  }

  async update(
    principal: UserPrincipal,
    changes: CallParsedRequest<typeof retrievalSettings.update>,
    key: string,
  ): Promise<CallReply<typeof retrievalSettings.update>> {
    const once = { scope: `retrieval.settings.update:${principal.userId}`, key, request: changes };
    return this.unitOfWork.once(once, async (tx) => {
      const { retrieval, embedding } = await this.repository.lock(tx);
      const settings = { ...retrieval, ...changes };
      settings.ALLOWED_FILE_EXTENSIONS = settings.ALLOWED_FILE_EXTENSIONS.map((one) => one.replace(/^\./, ''));
      const wrong = misfit(settings);
      if (wrong !== undefined) throw new CallError('INVALID_ARGUMENT', wrong);
      const version = await this.repository.save(tx, { retrieval: settings, embedding });
      this.keeper.announce(tx, version);
      const told = { actor_id: principal.userId, fields: Object.keys(changes) };
      tx.afterCommit(() => this.runtime.security.record('settings_changed', told));
      return { version, settings };
    });
  }
}
