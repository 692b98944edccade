import { models } from '@perennial/contracts-config';
import { routes } from '@perennial/contracts-gateway';
import { forward, forwards } from '../../http/forward';

export const ModelsRoutes = forwards(
  forward(routes.models.base, models.entries, {
    from: ({ entries }) => entries.filter(({ base_model_id: base }) => !base),
  }),
  forward(routes.models.saveEntry, models.saveEntry, {
    to: ({ body }) => ({ ...body, access_grants: body.access_grants ?? [] }),
  }),
);
