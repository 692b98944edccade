import { Problem } from '../../ui/problem';
import { ta, taNodes } from '../messages';
import { AdminPage } from '../page-parts';
import { agoWords } from '../words';
import { latestSettings, serverNow, servicesOf, summary } from './fleet-health';
import { useFleet } from './fleet-queries';
import { ServiceView } from './service-view';

/** Every process of the installation as it is now. A killed one is seen within three seconds. */
export function FleetPage() {
  const { data, error, isPending, staleForMs } = useFleet();
  if (!data) {
    return (
      <AdminPage title={ta('page.fleet')}>
        {isPending && <p role="status">{ta('fleet.looking')}</p>}
        <Problem of={error} />
      </AdminPage>
    );
  }
  const { fleet, loads } = data;
  const services = servicesOf(fleet);
  const now = serverNow(fleet);
  const context = { fleet, loads, now, latest: latestSettings(fleet) };
  return (
    <AdminPage title={ta('page.fleet')}>
      {staleForMs !== undefined && (
        <div className="problem" role="alert">
          {error
            ? taNodes('fleet.staleBecause', { reason: error.message, time: <Ago ms={staleForMs} /> })
            : taNodes('fleet.stale', { time: <Ago ms={staleForMs} /> })}
        </div>
      )}
      <p className="fleet-summary" role="status">
        {summary(services, now).join(' ')}
      </p>
      {fleet.omitted > 0 && <p className="muted">{ta('fleet.omitted', { count: fleet.omitted })}</p>}
      <div className="fleet" data-stale={staleForMs !== undefined}>
        {services.map((service) => (
          <ServiceView key={service.name} service={service} context={context} />
        ))}
      </div>
    </AdminPage>
  );
}

/** The seconds are for the eyes: they would be read each second. */
function Ago({ ms }: { ms: number }) {
  return (
    <>
      <span aria-hidden="true">{agoWords(ms / 1_000)}</span>
      <span className="visually-hidden">{ta('fleet.before')}</span>
    </>
  );
}
