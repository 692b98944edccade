import type { PickerModel } from '@perennial/contracts-wire';
import { t } from '../messages';
import { Icon } from '../ui/icon';

/** The chosen model; opens the list of all. */
export function ModelButton({
  models,
  value,
  onClick,
}: {
  models?: readonly PickerModel[];
  value: string;
  onClick: () => void;
}) {
  if (models?.length === 0) return <span className="muted">{t('model.none')}</span>;
  const name = models?.find(({ id }) => id === value)?.name ?? value;
  return (
    <button
      type="button"
      className="model-button"
      aria-haspopup="dialog"
      aria-label={t('model.of', { name })}
      onClick={onClick}
    >
      <span className="model-name">{name}</span>
      <Icon name="choose" />
    </button>
  );
}
