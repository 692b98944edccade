import { Inject, Injectable } from '@nestjs/common';
import type { Settings, settings } from '@perennial/contracts-config';
import type { CallParsedRequest, CallReply, UserPrincipal } from '@perennial/contracts-kernel';
import { UnitOfWork } from '@perennial/persistence';
import { Runtime } from '@perennial/runtime';
import { CONFIG_ENV, type ConfigEnv } from '../env';
import { StateRepository } from '../state/state.repository';
import { StateKeeper } from '../state/state-keeper';

@Injectable()
export class SettingsService {
  constructor(
    private readonly runtime: Runtime,
    private readonly keeper: StateKeeper,
    private readonly repository: StateRepository,
    private readonly unitOfWork: UnitOfWork,
    @Inject(CONFIG_ENV) private readonly env: ConfigEnv,
  ) {}

  /** As the database has them now: callers poll, and our own delay must not add to theirs. */
  async get(): Promise<Settings> {
    const { version, banners } = await this.keeper.fresh();
    const { env } = this;
    return {
      version,
      name: env.WEBUI_NAME,
      defaultLocale: env.DEFAULT_LOCALE,
      defaultModels: env.DEFAULT_MODELS ?? null,
      banners,
      tasks: {
        titleGeneration: env.ENABLE_TITLE_GENERATION,
        titlePrompt: env.TITLE_GENERATION_PROMPT_TEMPLATE ?? '',
        taskModel: env.TASK_MODEL ?? null,
        queryGeneration: env.ENABLE_RETRIEVAL_QUERY_GENERATION,
        queryPrompt: env.QUERY_GENERATION_PROMPT_TEMPLATE ?? '',
      },
    };
  }

  version(): Promise<number> {
    return this.repository.version();
  }

  async updateBanners(
    principal: UserPrincipal,
    request: CallParsedRequest<typeof settings.updateBanners>,
    key: string,
  ): Promise<CallReply<typeof settings.updateBanners>> {
    await this.unitOfWork.once(
      { scope: `config.settings.updateBanners:${principal.userId}`, key, request },
      async (tx) => {
        await this.keeper.changed(tx);
        await this.repository.saveBanners(tx, request.banners);
        const told = { actor_id: principal.userId, fields: ['banners'] };
        tx.afterCommit(() => this.runtime.security.record('settings_changed', told));
      },
    );
    return request;
  }
}
