import { Buffer } from 'node:buffer';
import { buffer } from 'node:stream/consumers';
import {
  CommentRangeEnd,
  CommentRangeStart,
  CommentReference,
  Document,
  Footer,
  FootnoteReferenceRun,
  Header,
  HeadingLevel,
  Math,
  MathFraction,
  MathRadical,
  MathRun,
  MathSuperScript,
  Packer,
  Paragraph,
  Table,
  TableCell,
  TableRow,
  TextRun,
} from 'docx';
import writeExcel from 'write-excel-file/node';
import { ZipFile } from 'yazl';

export function zip(entries) {
  const file = new ZipFile();
  for (const [name, content] of Object.entries(entries))
    file.addBuffer(Buffer.from(content), name, { mtime: new Date('2026-01-01T00:00:00Z') });
  file.end();
  return buffer(file.outputStream);
}

const heading = (text, level = 1) => new Paragraph({ text, heading: HeadingLevel[`HEADING_${level}`] });
const row = (cells) =>
  new TableRow({
    children: cells.map((cell) =>
      cell instanceof TableCell ? cell : new TableCell({ children: [new Paragraph(cell)] }),
    ),
  });
const spanning = (text, span) => new TableCell({ columnSpan: span, children: [new Paragraph(text)] });
const down = (text, rowSpan) => new TableCell({ rowSpan, children: [new Paragraph(text)] });

/** Header, footer, comments, footnotes, equations and merged cells. */
export function protocol() {
  return Packer.toBuffer(
    new Document({
      comments: {
        children: [
          {
            id: 0,
            author: 'Rosalind Achebe',
            date: new Date('2026-02-03T00:00:00Z'),
            children: [new Paragraph('The pressure gauge was replaced after trial 12; see calibration sheet CS-204.')],
          },
          {
            id: 1,
            author: 'Piet Verhoeven',
            date: new Date('2026-02-04T00:00:00Z'),
            children: [new Paragraph('Please repeat this with nitrogen instead of argon.')],
          },
        ],
      },
      footnotes: { 1: { children: [new Paragraph('Purity of the argon: 99.996 per cent, supplied by Nordgas.')] } },
      sections: [
        {
          headers: {
            default: new Header({
              children: [new Paragraph('Laboratory of Surface Physics — project VELARIUM — confidential until 2031')],
            }),
          },
          footers: { default: new Footer({ children: [new Paragraph('Archive box 77-B, cellar of building 4')] }) },
          children: [
            heading('Trial protocol: oxide layers'),
            new Paragraph(
              'The trials were carried out between the third and the nineteenth of January by the night shift.',
            ),
            heading('Method', 2),
            new Paragraph({
              children: [
                new TextRun('Samples of 12 by 12 millimetres were heated in argon'),
                new FootnoteReferenceRun(1),
                new TextRun(' to 640 degrees and held there for ninety minutes.'),
              ],
            }),
            new Paragraph({
              children: [
                new CommentRangeStart(0),
                new TextRun('The pressure was read every ten minutes.'),
                new CommentRangeEnd(0),
                new TextRun({ children: [new CommentReference(0)] }),
              ],
            }),
            heading('Growth law', 2),
            new Paragraph({
              children: [
                new TextRun('The thickness follows the law '),
                new Math({
                  children: [
                    new MathRun('d='),
                    new MathRadical({
                      children: [
                        new MathFraction({ numerator: [new MathRun('2Dt')], denominator: [new MathRun('ρ')] }),
                      ],
                    }),
                  ],
                }),
                new TextRun(' and the energy is '),
                new Math({
                  children: [
                    new MathRun('E=k'),
                    new MathSuperScript({ children: [new MathRun('T')], superScript: [new MathRun('4')] }),
                  ],
                }),
                new TextRun('. The diffusion constant D came to 3.1 square micrometres an hour.'),
              ],
            }),
            heading('Results', 2),
            new Table({
              rows: [
                row([down('Sample', 2), spanning('Thickness in nanometres', 2), down('Verdict', 2)]),
                row(['first run', 'second run']),
                row(['Quartz', '118', '121', 'accepted']),
                row(['Sapphire', '64', '93', 'rejected']),
                row(['Silicon', '142', '140', 'accepted']),
              ],
            }),
            new Paragraph({
              children: [
                new CommentRangeStart(1),
                new TextRun('Sapphire scattered too much to be used.'),
                new CommentRangeEnd(1),
                new TextRun({ children: [new CommentReference(1)] }),
              ],
            }),
            heading('Next steps', 2),
            new Paragraph(
              'The furnace will be lined anew in March, at a cost of 8,400 euros. Until then only the small tube oven is free.',
            ),
          ],
        },
      ],
    }),
  );
}

const bold = (value, more = {}) => ({ value, fontWeight: 'bold', ...more });

/** Merged header cells, and cells merged down the rows. */
export function budget() {
  const quarter = (region, values) =>
    values.map(([city, ...figures], at) => [
      at === 0 ? { value: region, rowSpan: values.length } : null,
      { value: city },
      ...figures.map((value) => ({ value })),
    ]);
  const data = [
    [bold('Budget of the branches', { columnSpan: 6 }), null, null, null, null, null],
    [
      bold('Region', { rowSpan: 2 }),
      bold('Branch', { rowSpan: 2 }),
      bold('First half', { columnSpan: 2 }),
      null,
      bold('Second half', { columnSpan: 2 }),
      null,
    ],
    [null, null, bold('Planned'), bold('Spent'), bold('Planned'), bold('Spent')],
    ...quarter('Coast', [
      ['Brightmouth', 41200, 39870, 43000, 44125],
      ['Saltley', 28600, 30115, 27900, 26540],
      ['Whitcombe', 19350, 18220, 20100, 19985],
    ]),
    ...quarter('Moors', [
      ['Hagworth', 33100, 35640, 31800, 30210],
      ['Tarnbrook', 15480, 14905, 16200, 17050],
    ]),
  ];
  const staff = [
    [bold('Name'), bold('Branch'), bold('Role'), bold('Started')],
    [
      { value: 'Ottilie Grant' },
      { value: 'Saltley' },
      { value: 'Head of branch' },
      { value: new Date('2018-05-14T00:00:00Z'), type: Date, format: 'yyyy-mm-dd' },
    ],
    [
      { value: 'Rufus Adeyemi' },
      { value: 'Tarnbrook' },
      { value: 'Auditor' },
      { value: new Date('2023-11-01T00:00:00Z'), type: Date, format: 'yyyy-mm-dd' },
    ],
    [
      { value: 'Mirela Popescu' },
      { value: 'Hagworth' },
      { value: 'Treasurer' },
      { value: new Date('2021-02-22T00:00:00Z'), type: Date, format: 'yyyy-mm-dd' },
    ],
  ];
  return writeExcel([
    { sheet: 'Budget', data },
    { sheet: 'Staff', data: staff },
  ]).toBuffer();
}

const R = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const NS = `xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:r="${R}"`;
const P = 'application/vnd.openxmlformats-officedocument.presentationml';
const links = (of) =>
  `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${of.map(([id, type, target]) => `<Relationship Id="${id}" Type="${R}/${type}" Target="${target}"/>`).join('')}</Relationships>`;
const paragraph = (text) => `<a:p><a:r><a:rPr lang="en-GB"/><a:t>${text}</a:t></a:r></a:p>`;
const body = (lines) => `<p:txBody><a:bodyPr/><a:lstStyle/>${lines.map(paragraph).join('')}</p:txBody>`;
const frame = (at) =>
  `<a:xfrm><a:off x="457200" y="${457200 + at * 1500000}"/><a:ext cx="8229600" cy="1143000"/></a:xfrm>`;
const shape = (id, type, lines) =>
  `<p:sp><p:nvSpPr><p:cNvPr id="${id}" name="S${id}"/><p:cNvSpPr/><p:nvPr><p:ph type="${type}"${type === 'body' ? ' idx="1"' : ''}/></p:nvPr></p:nvSpPr><p:spPr>${frame(id - 2)}</p:spPr>${body(lines)}</p:sp>`;
const table = (id, lines) =>
  `<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id="${id}" name="T${id}"/><p:cNvGraphicFramePr/><p:nvPr/></p:nvGraphicFramePr><p:xfrm><a:off x="457200" y="2000000"/><a:ext cx="8229600" cy="2000000"/></p:xfrm><a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/table"><a:tbl><a:tblPr firstRow="1"/><a:tblGrid>${lines[0].map(() => '<a:gridCol w="2000000"/>').join('')}</a:tblGrid>${lines.map((cells) => `<a:tr h="370840">${cells.map((text) => `<a:tc>${body([text]).replaceAll('p:txBody', 'a:txBody')}<a:tcPr/></a:tc>`).join('')}</a:tr>`).join('')}</a:tbl></a:graphicData></a:graphic></p:graphicFrame>`;
const tree = (shapes) =>
  `<p:cSld><p:spTree><p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/>${shapes}</p:spTree></p:cSld>`;

/** Slides with tables and notes. */
export function slides() {
  const all = [
    { title: 'Relaunch of the night train', lines: ['Project office, autumn conference', 'Speaker: Valentina Rossi'] },
    {
      title: 'Why now',
      lines: [
        'Flights between Trieste and Kraków ended in March',
        'Subsidy of 4.2 million euros granted for three years',
        'Rolling stock can be leased from Bremen',
      ],
    },
    {
      title: 'Fares',
      rows: [
        ['Class', 'Single', 'Return'],
        ['Seat', '39 euros', '69 euros'],
        ['Couchette', '74 euros', '129 euros'],
        ['Sleeper', '148 euros', '265 euros'],
      ],
    },
    {
      title: 'Risks',
      lines: ['Track works near Ostrava until May', 'Only two drivers know the Semmering line'],
      notes:
        'If somebody asks about the bedding: the contract with the laundry in Graz ends in July and has not been renewed.',
    },
    {
      title: 'Decision',
      lines: ['The board is asked to approve eleven departures a month', 'First run on the 9th of December'],
    },
  ];
  const entries = {
    '[Content_Types].xml': `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/ppt/presentation.xml" ContentType="${P}.presentation.main+xml"/><Override PartName="/ppt/slideMasters/slideMaster1.xml" ContentType="${P}.slideMaster+xml"/><Override PartName="/ppt/slideLayouts/slideLayout1.xml" ContentType="${P}.slideLayout+xml"/>${all.map((_, at) => `<Override PartName="/ppt/slides/slide${at + 1}.xml" ContentType="${P}.slide+xml"/>`).join('')}<Override PartName="/ppt/notesSlides/notesSlide4.xml" ContentType="${P}.notesSlide+xml"/></Types>`,
    '_rels/.rels': links([['rId1', 'officeDocument', 'ppt/presentation.xml']]),
    'ppt/presentation.xml': `<p:presentation ${NS}><p:sldMasterIdLst><p:sldMasterId id="2147483648" r:id="rId99"/></p:sldMasterIdLst><p:sldIdLst>${all.map((_, at) => `<p:sldId id="${256 + at}" r:id="rId${at + 1}"/>`).join('')}</p:sldIdLst><p:sldSz cx="9144000" cy="6858000"/><p:notesSz cx="6858000" cy="9144000"/></p:presentation>`,
    'ppt/_rels/presentation.xml.rels': links([
      ...all.map((_, at) => [`rId${at + 1}`, 'slide', `slides/slide${at + 1}.xml`]),
      ['rId99', 'slideMaster', 'slideMasters/slideMaster1.xml'],
    ]),
    'ppt/slideMasters/slideMaster1.xml': `<p:sldMaster ${NS}>${tree('')}<p:sldLayoutIdLst><p:sldLayoutId id="2147483649" r:id="rId1"/></p:sldLayoutIdLst></p:sldMaster>`,
    'ppt/slideMasters/_rels/slideMaster1.xml.rels': links([
      ['rId1', 'slideLayout', '../slideLayouts/slideLayout1.xml'],
    ]),
    'ppt/slideLayouts/slideLayout1.xml': `<p:sldLayout ${NS}>${tree('')}</p:sldLayout>`,
    'ppt/slideLayouts/_rels/slideLayout1.xml.rels': links([
      ['rId1', 'slideMaster', '../slideMasters/slideMaster1.xml'],
    ]),
  };
  for (const [at, { title, lines, rows, notes }] of all.entries()) {
    entries[`ppt/slides/slide${at + 1}.xml`] =
      `<p:sld ${NS}>${tree(shape(2, 'title', [title]) + (rows ? table(3, rows) : shape(3, 'body', lines)))}</p:sld>`;
    entries[`ppt/slides/_rels/slide${at + 1}.xml.rels`] = links([
      ['rId1', 'slideLayout', '../slideLayouts/slideLayout1.xml'],
      ...(notes ? [['rId2', 'notesSlide', `../notesSlides/notesSlide${at + 1}.xml`]] : []),
    ]);
    if (!notes) continue;
    entries[`ppt/notesSlides/notesSlide${at + 1}.xml`] = `<p:notes ${NS}>${tree(shape(2, 'body', [notes]))}</p:notes>`;
    entries[`ppt/notesSlides/_rels/notesSlide${at + 1}.xml.rels`] = links([
      ['rId1', 'slide', `../slides/slide${at + 1}.xml`],
    ]);
  }
  return zip(entries);
}
