import type { z } from 'zod';
import { describeVariables } from './inspect';

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

/** The Markdown table of one service's variables, for docs/environment.md; without those in `except`. */
export function environmentTable(schema: z.ZodObject, except: readonly string[] = []): string {
  const variables = describeVariables(schema).filter(({ name }) => !except.includes(name));
  const rows = variables.map((variable) => {
    const unset = variable.required
      ? '**required**'
      : variable.defaultValue === undefined
        ? 'unset'
        : `\`${cell(variable.defaultValue)}\``;
    const notes = [
      variable.description,
      variable.example === undefined
        ? ''
        : `Example: ${variable.example.includes('`') ? variable.example : `\`${variable.example}\``}.`,
      variable.aliases?.length ? `Also read as ${variable.aliases.map((alias) => `\`${alias}\``).join(', ')}.` : '',
      variable.secret === true ? 'Secret.' : '',
    ];
    return `| \`${variable.name}\` | ${unset} | ${cell(notes.filter((note) => note !== '').join(' '))} |`;
  });
  return ['| Variable | When unset | What it is |', '|---|---|---|', ...rows].join('\n');
}
