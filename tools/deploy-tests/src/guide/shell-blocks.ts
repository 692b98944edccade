/** A block of a page that is run as it stands: fenced as `sh`. */
export interface ShellBlock {
  /** The heading of second level above it. */
  readonly section: string;
  readonly text: string;
}

const FENCE = /^(?<indent> *)```(?<language>\w*)$/;

/** The `sh` blocks of a page, in order, without the indentation of the list that they are in. */
export function shellBlocks(markdown: string): readonly ShellBlock[] {
  const blocks: ShellBlock[] = [];
  let section = '';
  let open: { shell: boolean; indent: number; lines: string[] } | undefined;
  for (const line of markdown.split('\n')) {
    const fence = FENCE.exec(line)?.groups;
    if (open === undefined) {
      if (fence !== undefined) {
        open = { shell: fence['language'] === 'sh', indent: fence['indent']?.length ?? 0, lines: [] };
      } else if (line.startsWith('## ')) section = line.slice('## '.length);
    } else if (fence === undefined) open.lines.push(line.slice(open.indent));
    else {
      if (open.shell) blocks.push({ section, text: open.lines.join('\n') });
      open = undefined;
    }
  }
  return blocks;
}
