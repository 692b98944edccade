import { t } from '../../messages';
import { Problem } from '../../ui/problem';
import { ta } from '../messages';
import { AdminPage } from '../page-parts';
import { AdmissionForm } from './admission-form';
import { useGeneral } from './general-queries';
import { HouseForm } from './house-form';
import { HouseModel } from './house-model';
import { SuggestionsForm } from './suggestions-form';

/** Who may make an account, and what everybody finds: the name, the first model, what one might ask. */
export function GeneralPage() {
  const general = useGeneral();
  return (
    <AdminPage title={ta('page.general')}>
      {general.isPending && <p role="status">{t('page.loading')}</p>}
      <Problem of={general.data ? undefined : general.error} />
      {general.data && (
        <>
          <section className="admin-section" aria-label={ta('admission')}>
            <h2>{ta('admission')}</h2>
            <AdmissionForm general={general.data} />
          </section>
          <section className="admin-section" aria-label={ta('house')}>
            <h2>{ta('house')}</h2>
            <HouseForm name={general.data.WEBUI_NAME} />
            <HouseModel />
          </section>
        </>
      )}
      <section className="admin-section" aria-label={ta('suggestions')}>
        <h2>{ta('suggestions')}</h2>
        <SuggestionsForm />
      </section>
    </AdminPage>
  );
}
