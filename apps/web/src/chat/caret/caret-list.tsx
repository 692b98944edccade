import type { PickerModel } from '@perennial/contracts-wire';
import { type ComponentType, type RefObject, useEffect, useMemo, useRef, useState } from 'react';
import { t } from '../../messages';
import { modelChoices, RECENT } from '../../models/model-choices';
import { groupModels } from '../../models/model-search';
import { type Command, commandChoice, section, useCommands } from '../../search/commands';
import { useStore } from '../../state/store';
import type { Draft } from '../draft';
import { type BoxCommands, toCommands } from './box-commands';
import { CaretChoices } from './caret-choices';
import { ThingChoices } from './thing-choices';
import type { Sign, Trigger } from './trigger';
import { useTrigger } from './use-trigger';

export interface CaretListProps {
  box: RefObject<HTMLTextAreaElement | null>;
  draft: Draft;
  models: readonly PickerModel[];
  /** Ids of models that were chosen before, the last first. */
  recent: readonly string[];
  onModel: (id: string) => void;
  commands: BoxCommands;
}

export interface SignProps extends CaretListProps {
  trigger: Trigger;
  /** Takes the sign and what follows it out of the text, then does what was chosen. */
  take: (then: () => void) => void;
  onDismiss: () => void;
}

const LISTS: Record<Sign, ComponentType<SignProps>> = { '/': CommandChoices, '@': ModelChoices, '#': ThingChoices };

/** What `/`, `@` and `#` offer in the box: commands, models, and what can go with a message. */
export default function CaretList(props: CaretListProps) {
  const { box, draft } = props;
  const { trigger, dismiss } = useTrigger(box, useStore(draft.text));
  if (!trigger) return null;
  const { sign, from, to } = trigger;
  const take = (then: () => void) => {
    const text = draft.text.get();
    draft.text.set(text.slice(0, from) + text.slice(to));
    // Not when a window has taken the focus: the box could not be written in afterwards.
    requestAnimationFrame(() => document.activeElement === box.current && box.current?.setSelectionRange(from, from));
    then();
  };
  const List = LISTS[sign];
  return <List key={sign} {...props} trigger={trigger} take={take} onDismiss={dismiss} />;
}

function CommandChoices({ box, trigger, take, onDismiss, commands }: SignProps) {
  const [ofChat, setOfChat] = useState<readonly Command[]>([]);
  const ask = useRef(commands.ofChat);
  useEffect(() => {
    ask.current().then(setOfChat, () => undefined);
  }, []);
  const all = [...toCommands(commands, ofChat), ...useCommands()];
  const wanted = trigger.query.toLocaleLowerCase();
  const fitting = all.filter(({ name }) =>
    name
      .toLocaleLowerCase()
      .split(/\s+/)
      .some((word) => word.startsWith(wanted)),
  );
  return (
    <CaretChoices
      {...{ box, trigger, onDismiss }}
      name={t('find.commands')}
      choices={section(t('find.commands'), fitting.map(commandChoice))}
      onChoose={(id) => take(() => fitting.find(({ name }) => name === id)?.run())}
    />
  );
}

function ModelChoices({ box, trigger, take, onDismiss, models, recent, onModel }: SignProps) {
  const { query } = trigger;
  const choices = useMemo(() => modelChoices(groupModels(models, query, recent)), [models, query, recent]);
  return (
    <CaretChoices
      {...{ box, trigger, choices, onDismiss }}
      name={t('model.search')}
      onChoose={(id) => take(() => onModel(id.replace(RECENT, '')))}
    />
  );
}

export { textsLoaded } from '../organise/messages';
