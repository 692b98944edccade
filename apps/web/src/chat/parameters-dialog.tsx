import { type FormEvent, useId } from 'react';
import { t } from '../messages';
import { Dialog } from '../ui/dialog';
import type { Parameters } from './draft';
import { to } from './organise/messages';
import { toParameters } from './parameters';

interface ParametersProps {
  value: Parameters;
  onChange: (value: Parameters) => void;
  onClose: () => void;
}

const EFFORTS = ['low', 'medium', 'high'] as const;

/** What the model of this chat is told besides the questions. What is empty is as the model has it. */
export default function ParametersDialog({ value, onChange, onClose }: ParametersProps) {
  const id = useId();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? '').trim();
    const number = (name: string) => (text(name) === '' ? undefined : Number(text(name)));
    onChange(
      toParameters({
        system: text('system'),
        temperature: number('temperature'),
        max_tokens: number('max_tokens'),
        reasoning_effort: text('reasoning_effort'),
      }),
    );
    onClose();
  };
  return (
    <Dialog title={t('parameters')} onClose={onClose}>
      <form className="parameters" onSubmit={submit}>
        <label className="field">
          {to('parameters.system')}
          <textarea name="system" dir="auto" rows={5} maxLength={20_000} defaultValue={value.system} />
        </label>
        <p className="muted">{to('parameters.systemHint')}</p>
        <div className="parameters-row">
          <div className="field">
            <label htmlFor={`${id}-temperature`}>{to('parameters.temperature')}</label>
            <input
              id={`${id}-temperature`}
              name="temperature"
              type="number"
              min={0}
              max={2}
              step={0.1}
              placeholder={to('parameters.asModel')}
              aria-describedby={`${id}-temperature-hint`}
              defaultValue={value.temperature}
            />
            <span id={`${id}-temperature-hint`} className="muted">
              {to('parameters.temperatureHint')}
            </span>
          </div>
          <div className="field">
            <label htmlFor={`${id}-max_tokens`}>{to('parameters.length')}</label>
            <input
              id={`${id}-max_tokens`}
              name="max_tokens"
              type="number"
              min={1}
              max={1_000_000}
              placeholder={to('parameters.asModel')}
              aria-describedby={`${id}-max_tokens-hint`}
              defaultValue={value.max_tokens}
            />
            <span id={`${id}-max_tokens-hint`} className="muted">
              {to('parameters.lengthHint')}
            </span>
          </div>
          <div className="field">
            <label htmlFor={`${id}-reasoning_effort`}>{to('parameters.effort')}</label>
            <select
              id={`${id}-reasoning_effort`}
              name="reasoning_effort"
              aria-describedby={`${id}-reasoning_effort-hint`}
              defaultValue={value.reasoning_effort ?? ''}
            >
              <option value="">{to('parameters.asModel')}</option>
              {EFFORTS.map((effort) => (
                <option key={effort} value={effort}>
                  {to(`parameters.effort.${effort}`)}
                </option>
              ))}
            </select>
            <span id={`${id}-reasoning_effort-hint`} className="muted">
              {to('parameters.effortHint')}
            </span>
          </div>
        </div>
        <div className="row">
          <button className="button">{t('action.save')}</button>
          <button type="button" className="button button-quiet" onClick={onClose}>
            {t('action.cancel')}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

export { textsLoaded } from './organise/messages';
