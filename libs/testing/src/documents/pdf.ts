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

/** A PDF with a page for each text (western letters; about 5,000 characters fit). With `password` it is encrypted. */
export async function toPdf(pages: readonly string[], { password }: { password?: string } = {}): Promise<Buffer> {
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

/** A PDF whose pages are images without text, as a scanner makes them. */
export async function scannedPdf(pages: number): Promise<Buffer> {
  const pdf = await PDFDocument.create();
  for (let page = 0; page < pages; page += 1)
    pdf.addPage().drawRectangle({ x: 50, y: 50, width: 400, height: 600, color: rgb(0.9, 0.9, 0.8) });
  return Buffer.from(await pdf.save());
}

/**
 * A PDF of one page in a Japanese font that is not embedded: neither the font nor its code map is in the file, so the reader must have them.
 */
export function japanesePdf(text: string): Buffer {
  const codes = [...text].map((character) => character.charCodeAt(0).toString(16).padStart(4, '0')).join('');
  const content = `BT /F1 20 Tf 50 700 Td <${codes}> Tj ET`;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    '<< /Type /Font /Subtype /Type0 /BaseFont /HeiseiMin-W3 /Encoding /UniJIS-UCS2-H /DescendantFonts [6 0 R] >>',
    '<< /Type /Font /Subtype /CIDFontType0 /BaseFont /HeiseiMin-W3 /CIDSystemInfo << /Registry (Adobe) /Ordering (Japan1) /Supplement 2 >> /FontDescriptor 7 0 R >>',
    '<< /Type /FontDescriptor /FontName /HeiseiMin-W3 /Flags 4 /FontBBox [0 0 1000 1000] /ItalicAngle 0 /Ascent 800 /Descent -200 /CapHeight 700 /StemV 80 >>',
  ];
  let file = '%PDF-1.4\n';
  const places = objects.map((object, at) => {
    const place = file.length;
    file += `${at + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(place).padStart(10, '0')} 00000 n \n`;
  });
  const table = file.length;
  file += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${places.join('')}`;
  file += `trailer << /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${table}\n%%EOF\n`;
  return Buffer.from(file, 'latin1');
}
