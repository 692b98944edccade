import { settings } from '@perennial/contracts-config';
import { routes } from '@perennial/contracts-gateway';
import { forward, forwards } from '../../http/forward';

export const ConfigsRoutes = forwards(
  forward(routes.configs.banners, settings.get, { from: ({ banners }) => banners }),
  forward(routes.configs.updateBanners, settings.updateBanners, {
    to: ({ body }) => body,
    from: ({ banners }) => banners,
  }),
);
