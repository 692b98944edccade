import { settings } from '@perennial/contracts-config';
import { type RouteReply, routes } from '@perennial/contracts-gateway';
import type { CallReply } from '@perennial/contracts-kernel';
import { forward, forwards } from '../../http/forward';

export const ConfigsRoutes = forwards(
  forward(routes.configs.banners, settings.get, { from: ({ banners }) => banners }),
  forward(routes.configs.updateBanners, settings.updateBanners, {
    to: ({ body }) => body,
    from: ({ banners }) => banners,
  }),
  forward(routes.configs.updateSuggestions, settings.updateSuggestions, {
    to: ({ body }) => body,
    from: ({ suggestions }) => suggestions,
  }),
  forward(routes.configs.models, settings.models, { from: toModelsWire }),
  forward(routes.configs.updateModels, settings.updateModels, {
    to: ({ body }) => ({ defaults: body.DEFAULT_MODELS || null, order: body.MODEL_ORDER_LIST ?? [] }),
    from: toModelsWire,
  }),
);

function toModelsWire({
  defaults,
  order,
}: CallReply<typeof settings.models>): RouteReply<typeof routes.configs.models> {
  return {
    DEFAULT_MODELS: defaults,
    DEFAULT_PINNED_MODELS: null,
    MODEL_ORDER_LIST: order,
    DEFAULT_MODEL_METADATA: {},
    DEFAULT_MODEL_PARAMS: {},
  };
}
