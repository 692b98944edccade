import type { SessionProfile } from '@perennial/contracts-wire';
import { useEffect, useRef, useState } from 'react';
import type { LookPart } from '../boot/choices';
import { type Preferences, useChangePreferences, usePreferences } from '../preferences/preferences';
import { chooseLook, useLook } from '../ui/theme';
import { showToast } from '../ui/toasts';
import { ts } from './messages';
import { showSaved } from './saved';

/** What each control is given. */
export interface ControlProps {
  id: string;
  /** Of the setting. */
  name: string;
  describedBy?: string;
  user: SessionProfile;
}

export type Choices = readonly (readonly [value: string, words: string])[];

interface SelectProps extends Pick<ControlProps, 'id' | 'describedBy'> {
  value: string;
  choices: Choices;
  onChoose: (value: string) => void;
}

export function Select({ id, describedBy, value, choices, onChoose }: SelectProps) {
  return (
    <select id={id} value={value} aria-describedby={describedBy} onChange={({ target }) => onChoose(target.value)}>
      {choices.map(([value, words]) => (
        <option key={value} value={value}>
          {words}
        </option>
      ))}
    </select>
  );
}

/** A part of the look, which is kept in this browser. @param first what it is until something is chosen */
export function lookControl(part: LookPart, choices: () => Choices) {
  return function LookControl({ id, name, describedBy }: ControlProps) {
    const own = useLook().own[part] ?? '';
    const choose = (value: string) => {
      chooseLook(part, value || undefined);
      showSaved(name, () => chooseLook(part, own || undefined));
    };
    return <Select id={id} describedBy={describedBy} value={own} choices={choices()} onChoose={choose} />;
  };
}

/** Changes a preference of the account at once. What was can be brought back for a while. */
export function useSave(name: string): (change: Preferences, before: Preferences) => void {
  const { mutate } = useChangePreferences();
  return (change, before) => {
    const onError = ({ message }: Error) =>
      showToast({ key: 'setting', text: ts('notSaved', { name, reason: message }) });
    mutate(change, { onError });
    showSaved(name, () => mutate(before, { onError }));
  };
}

/** One of several values of a preference. The first one is that without a choice. */
export function choiceControl<K extends keyof Preferences>(
  key: K,
  values: () => readonly (readonly [value: Preferences[K] | undefined, words: string])[],
) {
  return function ChoiceControl({ id, name, describedBy }: ControlProps) {
    const present = usePreferences()[key];
    const save = useSave(name);
    const all = values();
    const at = Math.max(
      0,
      all.findIndex(([value]) => value === present),
    );
    return (
      <Select
        id={id}
        describedBy={describedBy}
        value={String(at)}
        choices={all.map(([, words], place) => [String(place), words])}
        onChoose={(place) => save({ [key]: all[Number(place)]?.[0] }, { [key]: present })}
      />
    );
  };
}

const SAVE_AFTER_MS = 600;

/** Instructions for all chats; saved while they are written. */
export function Instructions({ id, name, describedBy }: ControlProps) {
  const present = usePreferences().system ?? '';
  const [own, setOwn] = useState<string>();
  const save = useSave(name);
  const latest = useRef<() => void>(undefined);
  useEffect(() => {
    latest.current =
      own === undefined || own === present
        ? undefined
        : () => save({ system: own.trim() || undefined }, { system: present || undefined });
  });
  useEffect(() => {
    if (own === undefined) return;
    const timer = setTimeout(() => latest.current?.(), SAVE_AFTER_MS);
    return () => clearTimeout(timer);
  }, [own]);
  // What was typed last is not lost with the window.
  useEffect(() => () => latest.current?.(), []);
  return (
    <textarea
      id={id}
      aria-describedby={describedBy}
      dir="auto"
      rows={4}
      maxLength={20_000}
      value={own ?? present}
      onChange={({ target }) => setOwn(target.value)}
    />
  );
}
