import { usePreferences } from '../preferences/preferences';
import { chime } from '../ui/chime';
import { type ControlProps, Select, useSave } from './controls';
import { ts } from './messages';

/** It is heard when it is switched on. */
export function SoundField({ id, name, describedBy }: ControlProps) {
  const wanted = usePreferences().notificationSound === true;
  const save = useSave(name);
  const choose = (on: boolean) => {
    if (on) chime();
    save({ notificationSound: on || undefined }, { notificationSound: wanted || undefined });
  };
  return (
    <Select
      id={id}
      describedBy={describedBy}
      value={wanted ? 'on' : 'off'}
      choices={[
        ['off', ts('off')],
        ['on', ts('on')],
      ]}
      onChoose={(value) => choose(value === 'on')}
    />
  );
}
