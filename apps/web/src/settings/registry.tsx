import type { ComponentType } from 'react';
import { LANGUAGES } from '../boot/choices';
import { t } from '../messages';
import { LANGUAGE } from '../messages/formats';
import { LanguageField } from '../ui/language-field';
import { Email, Name, Password, Picture } from './account';
import { choiceControl, type ControlProps, Instructions, lookControl } from './controls';
import { DefaultModel } from './default-model';
import { ImportChats } from './import/import-chats';
import { ts } from './messages';
import { NotifyField } from './notify-field';
import { ShortcutTable } from './shortcut-table';
import { SoundField } from './sound-field';

export const SECTIONS = ['look', 'chat', 'account', 'keys'] as const;
export type Section = (typeof SECTIONS)[number];

/** One setting: it is declared here and nowhere else. */
export interface Setting {
  id: string;
  section: Section;
  name: () => string;
  hint?: () => string;
  /** Other words that find it. */
  words?: () => string;
  /** It has a line of its own. `group`: and several fields. */
  wide?: 'field' | 'group';
  Control: ComponentType<ControlProps>;
}

const asSystem = () => ['', ts('system')] as const;

/** The languages that answers can be asked for in. */
const ANSWERED = [...Object.keys(LANGUAGES), 'cs', 'hi', 'ja'];

export const SETTINGS: readonly Setting[] = [
  {
    id: 'language',
    section: 'look',
    name: () => ts('language'),
    hint: () => ts('language.hint'),
    words: () => Object.values(LANGUAGES).join(' '),
    Control: LanguageField,
  },
  {
    id: 'theme',
    section: 'look',
    name: () => ts('theme'),
    words: () => ts('theme.words'),
    Control: lookControl('theme', () => [asSystem(), ['light', ts('theme.light')], ['dark', ts('theme.dark')]]),
  },
  {
    id: 'contrast',
    section: 'look',
    name: () => ts('contrast'),
    words: () => ts('contrast.words'),
    Control: lookControl('contrast', () => [
      asSystem(),
      ['normal', ts('contrast.normal')],
      ['more', ts('contrast.more')],
    ]),
  },
  {
    id: 'size',
    section: 'look',
    name: () => ts('size'),
    words: () => ts('size.words'),
    Control: lookControl('size', () => [
      ['small', ts('size.small')],
      ['', ts('size.normal')],
      ['large', ts('size.large')],
      ['huge', ts('size.huge')],
    ]),
  },
  {
    id: 'width',
    section: 'look',
    name: () => ts('width'),
    words: () => ts('width.words'),
    Control: lookControl('width', () => [
      ['', ts('width.normal')],
      ['wide', ts('width.wide')],
      ['full', ts('width.full')],
    ]),
  },
  {
    id: 'lines',
    section: 'look',
    name: () => ts('lines'),
    words: () => ts('lines.words'),
    Control: lookControl('lines', () => [
      ['tight', ts('lines.tight')],
      ['', ts('lines.normal')],
      ['airy', ts('lines.airy')],
    ]),
  },
  {
    id: 'density',
    section: 'look',
    name: () => ts('density'),
    words: () => ts('density.words'),
    Control: lookControl('density', () => [
      ['', ts('density.normal')],
      ['compact', ts('density.compact')],
    ]),
  },
  { id: 'model', section: 'chat', name: () => ts('model'), words: () => ts('model.words'), Control: DefaultModel },
  {
    id: 'send',
    section: 'chat',
    name: () => ts('send'),
    hint: () => ts('send.hint'),
    Control: choiceControl('ctrlEnterToSend', () => [
      [undefined, ts('send.enter')],
      [true, ts('send.control')],
    ]),
  },
  {
    id: 'follow',
    section: 'chat',
    name: () => ts('follow'),
    words: () => ts('follow.words'),
    Control: choiceControl('followAnswers', () => [
      [undefined, ts('follow.hold')],
      [true, ts('follow.follow')],
    ]),
  },
  {
    id: 'paste',
    section: 'chat',
    name: () => ts('paste'),
    hint: () => ts('paste.hint'),
    Control: choiceControl('largeTextAsFile', () => [
      [undefined, ts('on')],
      [false, ts('off')],
    ]),
  },
  {
    id: 'answers',
    section: 'chat',
    name: () => ts('answers'),
    hint: () => ts('answers.hint'),
    Control: choiceControl('answerLanguage', () => [
      [undefined, ts('answers.question')],
      ...ANSWERED.map((code) => [code, languageName(code)] as const),
    ]),
  },
  {
    id: 'followUps',
    section: 'chat',
    name: () => ts('followUps'),
    hint: () => ts('followUps.hint'),
    Control: choiceControl('autoFollowUps', () => [
      [undefined, ts('on')],
      [false, ts('off')],
    ]),
  },
  {
    id: 'notify',
    section: 'chat',
    name: () => ts('notify'),
    hint: () => ts('notify.hint'),
    Control: NotifyField,
  },
  {
    id: 'sound',
    section: 'chat',
    name: () => ts('sound'),
    hint: () => ts('sound.hint'),
    Control: SoundField,
  },
  {
    id: 'instructions',
    section: 'chat',
    name: () => ts('instructions'),
    hint: () => ts('instructions.hint'),
    words: () => ts('instructions.words'),
    wide: 'field',
    Control: Instructions,
  },
  {
    id: 'import',
    section: 'chat',
    name: () => ts('import'),
    hint: () => ts('import.hint'),
    words: () => ts('import.words'),
    wide: 'group',
    Control: ImportChats,
  },
  {
    id: 'picture',
    section: 'account',
    name: () => ts('picture'),
    words: () => ts('picture.words'),
    wide: 'group',
    Control: Picture,
  },
  { id: 'name', section: 'account', name: () => ts('name'), Control: Name },
  { id: 'email', section: 'account', name: () => ts('email'), hint: () => ts('email.hint'), Control: Email },
  {
    id: 'password',
    section: 'account',
    name: () => ts('password'),
    hint: () => ts('password.hint'),
    wide: 'group',
    Control: Password,
  },
  {
    id: 'letters',
    section: 'keys',
    name: () => ts('letters'),
    hint: () => ts('letters.hint'),
    Control: choiceControl('letterShortcuts', () => [
      [undefined, ts('on')],
      [false, ts('off')],
    ]),
  },
  { id: 'keys', section: 'keys', name: () => t('shortcuts'), wide: 'group', Control: ShortcutTable },
];

/** The name of a language, in the page's language. */
function languageName(code: string): string {
  return new Intl.DisplayNames(LANGUAGE.get(), { type: 'language' }).of(code) ?? code;
}

/** The settings that have each word of a query. */
export function findSettings(query: string): Setting[] {
  const wanted = query.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  return SETTINGS.filter(({ name, hint, words, section }) => {
    const all = [name(), hint?.(), words?.(), ts(`section.${section}`)].join(' ').toLocaleLowerCase();
    return wanted.every((word) => all.includes(word));
  });
}
