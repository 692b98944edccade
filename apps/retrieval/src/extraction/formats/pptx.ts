import { Archive } from '../archive';
import { refuse } from '../messages';
import { mainPart, relationsOf } from '../office';
import type { FormatReader, Fragment, Reading } from '../reading';
import { readXml } from '../xml';
import { chartText } from './chart';

const TITLES = new Set(['title', 'ctrTitle']);

/** PowerPoint: each slide with its number, its title as a heading, its tables and the speaker's notes. */
export const readPptx: FormatReader = async function* (reading: Reading): AsyncGenerator<Fragment> {
  const archive = await Archive.open(reading.path, reading.limits, reading.expansion);
  try {
    const presentation = await mainPart(archive);
    if (presentation === undefined) throw refuse.damaged();
    const relations = await relationsOf(archive, presentation);
    const slides: string[] = [];
    await readXml(archive.text(presentation), {
      open: ({ name, attributes }) => {
        const slide = name === 'p:sldId' ? relations.get(attributes['r:id'] ?? '') : undefined;
        if (slide) slides.push(slide.target);
      },
    });
    if (slides.length > reading.limits.maxPages) throw refuse.tooManyPages(slides.length, 'slides', reading.limits);
    reading.summary.pages = slides.length;
    for (const [at, slide] of slides.entries()) {
      const parts = [...(await relationsOf(archive, slide)).values()];
      const notes = parts.find(({ type }) => type === 'notesSlide')?.target;
      const charts = parts.filter(({ type, target }) => type === 'chart' && archive.has(target));
      const blocks = [await slideText(archive, slide)];
      for (const { target } of charts) blocks.push(await chartText(archive, target));
      const text = blocks.filter((block) => block !== '').join('\n\n');
      const spoken = notes === undefined ? '' : await slideText(archive, notes, true);
      yield { text: spoken === '' ? text : `${text}\n\nNotes: ${spoken}`, page: at + 1, markup: 'markdown' };
      reading.progress(at + 1, slides.length);
    }
  } finally {
    archive.close();
  }
};

/** The paragraphs of a slide; of the notes only their body, without slide number and picture. */
async function slideText(archive: Archive, part: string, notes = false): Promise<string> {
  const blocks: string[] = [];
  let shape: string[] = [];
  let placeholder: string | undefined;
  let paragraph = '';
  let inText = 0;
  let row: string[] | undefined;
  const endShape = (): void => {
    const lines = shape.filter((line) => line.trim() !== '');
    shape = [];
    const kept = notes ? placeholder === 'body' : placeholder !== 'sldNum' && placeholder !== 'dt';
    if (lines.length === 0 || !kept) return;
    if (placeholder !== undefined && TITLES.has(placeholder)) blocks.unshift(`# ${lines.join(' ')}`);
    else blocks.push(lines.join('\n'));
  };
  await readXml(archive.text(part), {
    open: ({ name, attributes }) => {
      if (name === 'p:sp' || name === 'p:graphicFrame') {
        endShape();
        placeholder = undefined;
      } else if (name === 'p:ph') placeholder = attributes['type'] ?? 'obj';
      else if (name === 'a:t') inText += 1;
      else if (name === 'a:br') paragraph += row ? ' ' : '\n';
      else if (name === 'a:tr') row = [];
      else if (name === 'a:tc') row?.push('');
    },
    text: (text) => {
      if (inText > 0) paragraph += text;
    },
    close: (name) => {
      if (name === 'a:t') inText -= 1;
      else if (name === 'a:p') {
        if (row && row.length > 0) row.push([row.pop(), paragraph].filter(Boolean).join(' '));
        else shape.push(paragraph);
        paragraph = '';
      } else if (name === 'a:tr') {
        if (row) shape.push(row.join(' | '));
        row = undefined;
      } else if (name === 'p:sp' || name === 'p:graphicFrame') {
        endShape();
        placeholder = undefined;
      }
    },
  });
  endShape();
  return blocks.join('\n\n');
}
