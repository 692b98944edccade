import { PDFDocument, rgb, StandardFonts } from '@cantoo/pdf-lib';

const SIZE = 9;
const LINE = 12;
const MARGIN = 40;
const CHARACTERS_PER_LINE = 105;

const wrapped = (text: string): string[] =>
  text.split('\n').flatMap((line) => {
    const lines: string[] = [];
    let current = '';
    for (const word of line.split(' ')) {
      if (current !== '' && current.length + word.length + 1 > CHARACTERS_PER_LINE) {
        lines.push(current);
        current = word;
      } else current = current === '' ? word : `${current} ${word}`;
    }
    return [...lines, current];
  });

/** A PDF with a page for each text (western letters; about 5,000 characters fit). With a password nobody else can open it. */
export async function pdfOf(pages: readonly string[], { password }: { password?: string } = {}): Promise<Buffer> {
  const pdf = await PDFDocument.create();
  const font = await pdf.embedFont(StandardFonts.Helvetica);
  for (const text of pages) {
    const page = pdf.addPage();
    let y = page.getHeight() - MARGIN;
    for (const line of wrapped(text)) {
      if (line !== '') page.drawText(line, { x: MARGIN, y, size: SIZE, font });
      y -= LINE;
    }
  }
  if (password !== undefined) pdf.encrypt({ userPassword: password, ownerPassword: `${password}!` });
  return Buffer.from(await pdf.save());
}

/** A PDF whose pages are drawn and hold no text, as a scanner makes them. */
export async function scannedPdf(pages: number): Promise<Buffer> {
  const pdf = await PDFDocument.create();
  for (let page = 0; page < pages; page += 1)
    pdf.addPage().drawRectangle({ x: 50, y: 50, width: 400, height: 600, color: rgb(0.9, 0.9, 0.8) });
  return Buffer.from(await pdf.save());
}
