import { type FormEvent, useState } from 'react';
import { Problem } from '../../ui/problem';
import { ta } from '../messages';
import { useSaveGeneral } from './general-queries';

/** What the installation is called. */
export function HouseForm({ name }: { name: string }) {
  const save = useSaveGeneral();
  const [done, setDone] = useState('');
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const wanted = String(new FormData(event.currentTarget).get('name')).trim();
    if (wanted === name) return setDone(ta('documents.unchanged'));
    setDone('');
    save.mutate({ WEBUI_NAME: wanted }, { onSuccess: () => setDone(ta('saved')) });
  };
  return (
    <form className="admin-form admin-narrow" onSubmit={submit} onChange={() => setDone('')}>
      <label className="field">
        {ta('house.name')}
        <input key={name} name="name" dir="auto" maxLength={100} aria-describedby="name-means" defaultValue={name} />
      </label>
      <p id="name-means" className="muted">
        {ta('house.nameMeans')}
      </p>
      <Problem of={save.error} />
      <div className="row">
        <button className="button button-quiet" disabled={save.isPending}>
          {ta('house.saveName')}
        </button>
        <span role="status">{done}</span>
      </div>
    </form>
  );
}
