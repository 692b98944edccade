import { AdminPage, Problem } from '../page-parts';
import { durationWords } from '../words';
import { latestSettings, serverNow, servicesOf, summary } from './fleet-health';
import { useFleet } from './fleet-queries';
import { ServiceView } from './service-view';

/** Every process of the installation as it is now. A killed one is seen within three seconds. */
export function FleetPage() {
  const { data, error, isPending, staleForMs } = useFleet();
  if (!data) {
    return (
      <AdminPage title="Fleet">
        {isPending && <p role="status">Looking for the processes…</p>}
        <Problem error={error} />
      </AdminPage>
    );
  }
  const { fleet, loads } = data;
  const services = servicesOf(fleet);
  const now = serverNow(fleet);
  const context = { fleet, loads, now, latest: latestSettings(fleet) };
  return (
    <AdminPage title="Fleet">
      {staleForMs !== undefined && (
        <div className="problem" role="alert">
          The fleet is not known now{error ? `: ${error.message}` : '.'} This is how it was{' '}
          <span aria-hidden="true">{durationWords(staleForMs / 1_000)} ago</span>
          <span className="visually-hidden">before</span>.
        </div>
      )}
      <p className="fleet-summary" role="status">
        {summary(services, now).join(' ')}
      </p>
      {fleet.omitted > 0 && (
        <p className="muted">{fleet.omitted} more are not listed here. The command “perennial fleet” lists all.</p>
      )}
      <div className="fleet" data-stale={staleForMs !== undefined}>
        {services.map((service) => (
          <ServiceView key={service.name} service={service} context={context} />
        ))}
      </div>
    </AdminPage>
  );
}
