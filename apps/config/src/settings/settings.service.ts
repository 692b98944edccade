import { Inject, Injectable } from '@nestjs/common';
import type { Settings, settings } from '@perennial/contracts-config';
import type { CallParsedRequest, CallReply, UserPrincipal } from '@perennial/contracts-kernel';
import { UnitOfWork } from '@perennial/persistence';
import { Runtime } from '@perennial/runtime';
import { CONFIG_ENV, type ConfigEnv } from '../env';
import { type SettingName, StateRepository } from '../state/state.repository';
import { StateKeeper } from '../state/state-keeper';

/** A setting's new value, and the request that asks for it. */
interface Change {
  principal: UserPrincipal;
  key: string;
  request: object;
  field: SettingName;
  value: unknown;
}

/** The call that changes a setting: part of the key under which its reply is stored. */
const CALLS: Readonly<Record<SettingName, string>> = {
  banners: 'updateBanners',
  models: 'updateModels',
  suggestions: 'updateSuggestions',
  general: 'updateGeneral',
};

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
    const { version, banners, suggestions, general, modelChoice } = await this.keeper.fresh();
    const { env } = this;
    return {
      version,
      name: general.name || env.WEBUI_NAME,
      defaultLocale: env.DEFAULT_LOCALE,
      defaultModels: modelChoice.defaults ?? env.DEFAULT_MODELS ?? null,
      banners,
      suggestions,
      pending: { title: general.pendingTitle ?? '', content: general.pendingContent ?? '' },
      tasks: {
        titleGeneration: env.ENABLE_TITLE_GENERATION,
        titlePrompt: env.TITLE_GENERATION_PROMPT_TEMPLATE ?? '',
        taskModel: env.TASK_MODEL ?? null,
        queryGeneration: env.ENABLE_RETRIEVAL_QUERY_GENERATION,
        queryPrompt: env.QUERY_GENERATION_PROMPT_TEMPLATE ?? '',
        followUpGeneration: env.ENABLE_FOLLOW_UP_GENERATION,
        followUpPrompt: env.FOLLOW_UP_GENERATION_PROMPT_TEMPLATE ?? '',
      },
    };
  }

  version(): Promise<number> {
    return this.repository.version();
  }

  async models(): Promise<CallReply<typeof settings.models>> {
    return (await this.keeper.fresh()).modelChoice;
  }

  async updateModels(
    principal: UserPrincipal,
    request: CallParsedRequest<typeof settings.updateModels>,
    key: string,
  ): Promise<CallReply<typeof settings.updateModels>> {
    await this.save({ principal, key, request, field: 'models', value: request });
    return request;
  }

  async updateBanners(
    principal: UserPrincipal,
    request: CallParsedRequest<typeof settings.updateBanners>,
    key: string,
  ): Promise<CallReply<typeof settings.updateBanners>> {
    await this.save({ principal, key, request, field: 'banners', value: request.banners });
    return request;
  }

  async updateSuggestions(
    principal: UserPrincipal,
    request: CallParsedRequest<typeof settings.updateSuggestions>,
    key: string,
  ): Promise<CallReply<typeof settings.updateSuggestions>> {
    await this.save({ principal, key, request, field: 'suggestions', value: request.suggestions });
    return request;
  }

  async updateGeneral(
    principal: UserPrincipal,
    request: CallParsedRequest<typeof settings.updateGeneral>,
    key: string,
  ): Promise<CallReply<typeof settings.updateGeneral>> {
    await this.save({ principal, key, request, field: 'general', value: request });
    return {};
  }

  private async save({ principal, key, request, field, value }: Change): Promise<void> {
    const scope = `config.settings.${CALLS[field]}:${principal.userId}`;
    await this.unitOfWork.once({ scope, key, request }, async (tx) => {
      await this.keeper.changed(tx);
      if (field === 'general') await this.repository.mergeSetting(tx, field, request);
      else await this.repository.saveSetting(tx, field, value);
      const told = { actor_id: principal.userId, fields: [field] };
      tx.afterCommit(() => this.runtime.security.record('settings_changed', told));
    });
  }
}
