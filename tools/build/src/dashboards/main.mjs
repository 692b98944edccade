import { publish } from '../generated.mjs';
import { fleet } from './fleet.mjs';
import { overview } from './overview.mjs';
import { postgres } from './postgres.mjs';
import { retrieval } from './retrieval.mjs';
import { runs } from './runs.mjs';
import { slo } from './slo.mjs';
import { transport } from './transport.mjs';

/** Writes deploy/observability/grafana/dashboards/*.json. With `--check` it writes nothing and fails when one is not current. */
const dashboards = { overview, runs, retrieval, transport, postgres, fleet, slo };

for (const [name, content] of Object.entries(dashboards)) {
  const path = `deploy/observability/grafana/dashboards/${name}.json`;
  await publish(path, JSON.stringify(content), 'json', 'dashboards');
}
