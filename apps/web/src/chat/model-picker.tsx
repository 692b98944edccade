import type { Model } from '@perennial/contracts-wire';

/** Chooses the model that answers, or says that there is none. */
export function ModelPicker({
  models,
  value,
  onChange,
}: {
  models: Model[];
  value: string;
  onChange: (id: string) => void;
}) {
  if (models.length === 0) return <span>No model is connected.</span>;
  return (
    <label>
      <span className="visually-hidden">Model</span>
      <select value={value} onChange={(event) => onChange(event.target.value)}>
        {models.map((model) => (
          <option key={model.id} value={model.id}>
            {model.name}
          </option>
        ))}
      </select>
    </label>
  );
}
