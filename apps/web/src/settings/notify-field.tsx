import { useState } from 'react';
import { usePreferences } from '../preferences/preferences';
import { Problem } from '../ui/problem';
import { type ControlProps, Select, useSave } from './controls';
import { ts } from './messages';

/** The browser is asked when it is switched on, and may refuse. */
export function NotifyField({ id, name, describedBy }: ControlProps) {
  const wanted = usePreferences().notificationEnabled === true;
  const [refused, setRefused] = useState(() => wanted && !mayNotify());
  const save = useSave(name);
  const choose = async (value: string) => {
    const on = value === 'on';
    const allowed = !on || (await askToNotify());
    setRefused(!allowed);
    if (allowed) save({ notificationEnabled: on || undefined }, { notificationEnabled: wanted || undefined });
  };
  return (
    <>
      <Select
        id={id}
        describedBy={describedBy}
        value={wanted ? 'on' : 'off'}
        choices={[
          ['off', ts('off')],
          ['on', ts('on')],
        ]}
        onChoose={(value) => void choose(value)}
      />
      <Problem of={refused ? ts('notify.refused') : undefined} />
    </>
  );
}

function mayNotify(): boolean {
  return 'Notification' in window && Notification.permission === 'granted';
}

/** A page without TLS has no notifications. */
async function askToNotify(): Promise<boolean> {
  return 'Notification' in window && (await Notification.requestPermission()) === 'granted';
}
