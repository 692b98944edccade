import { fileURLToPath } from 'node:url';

/** Where an answer stands. Each part that is given must be in the citation. */
export interface Place {
  /** Page or slide, from 1. */
  page?: number;
  /** What the page itself says that its number is. */
  label?: string;
  /** A heading above the answer: of a section, a sheet, an attachment or a file of an archive. */
  heading?: string;
}

/** A question about a document whose answer is known. */
export interface JudgedQuestion {
  document: string;
  question: string;
  /** All stand in the passage that answers it, with the column's name where a number means nothing without it. */
  answer: readonly string[];
  place: Place;
  /** Readers are tuned on one half and judged on the other one. */
  half: 'tuning' | 'held-out';
}

type Asked = readonly [question: string, answer: readonly string[], place: Place];

/** By document: written from its rendered pages, before any reader was tuned on it. */
const ASKED: Readonly<Record<string, readonly Asked[]>> = {
  // Two columns, footnotes.
  'observatory.pdf': [
    [
      'On how many days did it rain at Hollin Fell?',
      ['231 days', '2,417 millimetres'],
      { page: 1, heading: 'Weather' },
    ],
    ['How strong was the gust that tore the shutter of the small dome?', ['71 knots'], { page: 1, heading: 'Weather' }],
    [
      'By how much was the flint element of the refractor turned?',
      ['forty degrees'],
      { page: 1, heading: 'Instruments' },
    ],
    [
      'Who gave the new grating of the spectrograph?',
      ['Tarn Foundation', '1,200 lines'],
      { page: 1, heading: 'Instruments' },
    ],
    ['What does Mrs Odell pay for the café?', ['a tenth of the takings'], { page: 1, heading: 'Visitors' }],
    [
      'What did visitors complain of most in the survey?',
      ['the cold in the lecture room'],
      { page: 1, heading: 'Visitors' },
    ],
    ['How heavy was the stone found near Brampton?', ['318 grams'], { page: 1, heading: 'Research' }],
    ['How large is the reserve that Colonel Fairbank left?', ['90,400 pounds'], { page: 1, heading: 'Accounts' }],
    ['Who became caretaker after Jonas Pell?', ['Ida Brathay'], { page: 1, heading: 'People' }],
    ['In which colour must the radio dish be painted?', ['grey-green'], { page: 2, heading: 'Plans' }],
    ['Under which number does the museum at Kendal keep the stone?', ['KM-7731'], { page: 2 }],
    ['In which volume of the Notes of the Northern Society did Whitlock publish?', ['volume 58'], { page: 2 }],
  ],
  // A table over three pages, with its header on each.
  'price-list.pdf': [
    ['What is the unit price of part KX-4421?', ['KX-4421', '114.59', 'Unit price'], { page: 1 }],
    ['In which warehouse is KX-4526?', ['KX-4526', 'Hull', 'Warehouse'], { page: 1 }],
    ['What does KX-4617 cost?', ['KX-4617', '10.43', 'Unit price'], { page: 1 }],
    ['What is the lead time of the float switch KX-4666?', ['KX-4666', '3 weeks', 'Lead time'], { page: 2 }],
    ['How many of KX-4708 are in stock?', ['KX-4708', '92', 'Stock'], { page: 2 }],
    ['Where is the drive belt KX-4799 stored?', ['KX-4799', 'Hull', 'Warehouse'], { page: 2 }],
    ['How many of KX-4904 are in stock?', ['KX-4904', '216', 'Stock'], { page: 3 }],
    ['What is the unit price of the filter mesh KX-4995?', ['KX-4995', '108.05', 'Unit price'], { page: 3 }],
    ['What is the lead time of KX-5058?', ['KX-5058', '5 weeks', 'Lead time'], { page: 3 }],
    ['How long may parts of the price list be sent back?', ['21 days'], { page: 3, heading: 'Returns' }],
    ['What is the surcharge for small orders of spare parts?', ['6.50 pounds'], { page: 1 }],
  ],
  // Merged cells in a landscape table.
  'rota.pdf': [
    ['Who has the night shift at the fuel jetty from Monday to Thursday?', ['Fuel jetty', 'Bergström'], { page: 1 }],
    [
      'Who is at the south quay on the day shift at the weekend?',
      ['South quay', 'Okonkwo', 'Friday to Sunday'],
      { page: 1 },
    ],
    ['Which extension has the harbour master?', ['4471'], { page: 1 }],
    ['Who crews the pilot boat?', ['day shift at the lock gate'], { page: 1 }],
  ],
  // Formulas.
  'heat-exchangers.pdf': [
    [
      'What does the mean temperature difference come to with 40 K and 20 K?',
      ['28.85 K'],
      { page: 1, heading: 'Mean temperature difference' },
    ],
    ['Which logarithm is in the mean temperature difference of a counter-flow exchanger?', ['ΔT', 'ln'], { page: 1 }],
    ['What is the fouling resistance of river water?', ['0.00035'], { page: 1, heading: 'Fouling' }],
    [
      'Above which Reynolds number is the flow in the tubes turbulent?',
      ['4,000'],
      { page: 1, heading: 'Reynolds number' },
    ],
  ],
  // Numbered headings, a footnote, two pages with Roman numbers before the others.
  'sicherheit.pdf': [
    ['Welche Ausgabe ersetzt das Sicherheitshandbuch?', ['2019'], { page: 2, label: 'ii' }],
    ['Wo liegt der Sammelplatz bei Feueralarm?', ['hinter dem Kesselhaus'], { page: 3, label: '1', heading: 'Alarm' }],
    [
      'Warum ist Pulver in der Maschinenhalle verboten?',
      ['die Lager der Kalander angreift'],
      { page: 3, label: '1', heading: 'Löschmittel' },
    ],
    ['Unter welchem Aktenzeichen steht der Schadensbericht vom 12. August?', ['SB-0817'], { page: 3, label: '1' }],
    [
      'In welchem Tank lagert das Wasserstoffperoxid?',
      ['Tank 3', '18 Kubikmeter'],
      { page: 4, label: '2', heading: 'Lagerung' },
    ],
    [
      'Wie lange wird nach Augenkontakt mit Natronlauge gespült?',
      ['fünfzehn Minuten'],
      { page: 4, label: '2', heading: 'Erste Hilfe' },
    ],
    ['Wie lange läuft die Rollenschneidemaschine nach?', ['45 Sekunden'], { page: 5, label: '3', heading: 'Wartung' }],
    ['Wie laut ist es an der Stoffmühle?', ['97 Dezibel'], { page: 5, label: '3', heading: 'Gehörschutz' }],
  ],
  // A table over two pages, with its header on the first alone.
  'ersatzteile.pdf': [
    ['Was kostet das Teil LB 3145?', ['LB 3145', '149,35', 'Preis'], { page: 1 }],
    ['Wo lagert der Keilriemen LB 3298?', ['LB 3298', 'Halle 2', 'Lagerort'], { page: 1 }],
    ['Wie hoch ist der Bestand von LB 3397?', ['LB 3397', '41', 'Bestand'], { page: 1 }],
    ['Wo lagert LB 3523?', ['LB 3523', 'Außenlager', 'Lagerort'], { page: 2 }],
    ['Was kostet der Filtereinsatz LB 3568?', ['LB 3568', '152,44', 'Preis'], { page: 2 }],
    ['Wie hoch ist der Bestand von LB 3649?', ['LB 3649', '127', 'Bestand'], { page: 2 }],
    ['Was kostet die Druckfeder LB 3712?', ['LB 3712', '106,96', 'Preis'], { page: 2 }],
    ['Wer nimmt Bestellungen für Ersatzteile entgegen?', ['Herr Vogt'], { page: 1 }],
  ],
  // A table within one of two columns.
  'gemeindeblatt.pdf': [
    [
      'Was kostet der neue Kindergarten an der Birkenstraße?',
      ['3,2 Millionen Euro'],
      { page: 1, heading: 'Aus dem Rat' },
    ],
    ['Wie hoch ist die Hundesteuer für den zweiten Hund?', ['150 Euro'], { page: 1, heading: 'Aus dem Rat' }],
    [
      'Wann bleibt das Wasser im Oberdorf abgestellt?',
      ['19. Juni', 'acht bis dreizehn Uhr'],
      { page: 1, heading: 'Wasserversorgung' },
    ],
    ['Wann wird in Mühltal das Papier abgeholt?', ['Mühltal', '16. Juni', 'Papier'], { page: 1, heading: 'Abfuhr' }],
    ['Wann ist Sperrmüll im Unterdorf?', ['Unterdorf', '25. Juni', 'Sperrmüll'], { page: 1, heading: 'Abfuhr' }],
    ['Was hat das neue Löschfahrzeug gekostet?', ['412.000 Euro'], { page: 1, heading: 'Vereine' }],
    ['Wann ist die Bücherei im Sommer geöffnet?', ['mittwochs von 15 bis 18 Uhr'], { page: 1, heading: 'Bücherei' }],
  ],
  // Two columns and a table.
  '水务年报.pdf': [
    ['最高日供水量是多少？', ['四万六千立方米'], { page: 1, heading: '供水' }],
    ['管网漏损率降到多少？', ['百分之九点八'], { page: 1, heading: '供水' }],
    ['三月启用了哪个备用水源？', ['柳溪水库'], { page: 1, heading: '水质' }],
    ['客服热线的平均等待时间是多长？', ['二十二秒'], { page: 1, heading: '客户服务' }],
    ['本年的维修费用是多少？', ['维修费用', '617', '本年'], { page: 1, heading: '财务' }],
    ['上年的净利润是多少？', ['净利润', '461', '上年'], { page: 1, heading: '财务' }],
    ['谁接任了总经理？', ['吴晓岚'], { page: 1, heading: '人员' }],
    ['城南加压泵站的总投资是多少？', ['二千三百万元'], { page: 1, heading: '明年计划' }],
  ],
  // Scans.
  'lease.pdf': [
    ['What is the rent of the boathouse?', ['385 pounds a quarter'], { page: 1 }],
    ['How many boats may the tenant keep?', ['six boats'], { page: 1 }],
    ['For how much must the boathouse be insured?', ['62,000 pounds'], { page: 2 }],
    ['With how much notice may the lease be ended?', ['nine months'], { page: 2 }],
    ['Who settles disputes about the lease?', ['Helen Marchbanks'], { page: 2 }],
  ],
  'rechnung.pdf': [
    ['Wie viele Stühle hat das Hotel Post gekauft?', ['Stuhl Buche', '24'], { page: 1 }],
    ['Was kostet der Einbauschrank im Flur?', ['Einbauschrank', '1.950,00'], { page: 1 }],
    ['Wie viel ist bei der Schreinerei Aurich zu zahlen?', ['11.954,74'], { page: 1 }],
    ['Wie lange ist die Garantie auf die Stühle?', ['fünf Jahre'], { page: 1 }],
  ],
  '停电通知.pdf': [
    ['哪几号楼会停电？', ['三号楼', '五号楼'], { page: 1 }],
    ['停电的咨询电话是多少？', ['6688 2031'], { page: 1 }],
    ['停电期间地下车库由什么照明？', ['备用电源'], { page: 1 }],
  ],
  'ferry.jpg': [
    ['When does the first boat leave Balmaha?', ['9:20'], {}],
    ['What does a return ticket to Inchmurrin cost for children?', ['6 pounds'], {}],
  ],
  // Header, footer, comments, a footnote, equations, merged cells.
  'protocol.docx': [
    ['Until when is project VELARIUM confidential?', ['VELARIUM', '2031'], {}],
    ['In which archive box is the trial protocol?', ['77-B'], {}],
    ['Which calibration sheet belongs to the replaced pressure gauge?', ['CS-204'], { heading: 'Method' }],
    ['With which gas does Piet Verhoeven want the trial repeated?', ['nitrogen'], { heading: 'Results' }],
    ['How pure was the argon?', ['99.996'], {}],
    ['Which law does the thickness of the layer follow?', ['sqrt', '2Dt', 'ρ'], { heading: 'Growth law' }],
    ['How thick was the sapphire layer in the second run?', ['Sapphire', '93', 'second run'], { heading: 'Results' }],
    ['What does the new lining of the furnace cost?', ['8,400 euros'], { heading: 'Next steps' }],
  ],
  'budget.xlsx': [
    [
      'How much did Whitcombe spend in the second half?',
      ['Whitcombe', '19985', 'Second half', 'Spent'],
      { heading: 'Budget' },
    ],
    [
      'What was planned for Saltley on the coast in the first half?',
      ['Coast', 'Saltley', '28600', 'First half', 'Planned'],
      { heading: 'Budget' },
    ],
    ['In which region is Tarnbrook?', ['Moors', 'Tarnbrook'], { heading: 'Budget' }],
    ['When did Rufus Adeyemi start?', ['Rufus Adeyemi', '2023-11-01', 'Started'], { heading: 'Staff' }],
    ['What is the role of Mirela Popescu?', ['Mirela Popescu', 'Treasurer'], { heading: 'Staff' }],
  ],
  'night-train.pptx': [
    [
      'What does a couchette of the night train cost return?',
      ['Couchette', '129 euros', 'Return'],
      { page: 3, heading: 'Fares' },
    ],
    ['How large is the subsidy of the night train?', ['4.2 million euros'], { page: 2, heading: 'Why now' }],
    ['When does the contract with the laundry in Graz end?', ['Graz', 'July'], { page: 4, heading: 'Risks' }],
    [
      'How many departures a month is the board asked to approve?',
      ['eleven departures'],
      { page: 5, heading: 'Decision' },
    ],
  ],
  // Mail and web.
  'power.eml': [
    ['What does the generator from Volta Hire cost?', ['1,150 euros'], {}],
    ['How many amperes does the main of hall 3 carry?', ['63 amperes'], {}],
    ['How much power does Fjord Audio need?', ['Fjord Audio', '9', 'Power in kW'], { heading: 'stands.csv' }],
  ],
  'keys.msg': [
    ['Where are the keys of greenhouse 5?', ['porter at gate West'], {}],
    ['Who wrote about the greenhouse keys?', ['Sigrun Dahl', 'greenhouse'], {}],
  ],
  'bulbs.mhtml': [['How are dahlias kept?', ['dry sand at five degrees'], { heading: 'Dahlias' }]],
  'calendar.ics': [
    [
      'Where is the review of the tender for the footbridge?',
      ['Town hall, room 214', 'footbridge'],
      { heading: 'footbridge' },
    ],
    ['When are the bollards on the market day lowered?', ['five in the morning'], { heading: 'Market day' }],
  ],
  'club.zip': [
    ['In which colour will the club house be painted?', ['RAL 6021'], { heading: 'minutes/march.md' }],
    ['Which locker has Freya Lund?', ['Freya Lund', '8', 'Locker'], { heading: 'members.csv' }],
    ['When is the gate of the boat house locked?', ['22:15'], { heading: 'old/rules.html' }],
  ],
};

/** Every second question of each document is held out. */
export const JUDGED_QUESTIONS: readonly JudgedQuestion[] = Object.entries(ASKED).flatMap(([document, asked]) =>
  asked.map(([question, answer, place], at) => ({
    document,
    question,
    answer,
    place,
    half: at % 2 === 0 ? ('tuning' as const) : ('held-out' as const),
  })),
);

export const JUDGED_DOCUMENTS: readonly string[] = Object.keys(ASKED);

/** The path of a document. */
export const judgedDocument = (name: string): string =>
  fileURLToPath(new URL(`../../judged/documents/${name}`, import.meta.url));

/** Without blanks, which East Asian text and recognised text have anywhere, and in one form of each letter. */
const plain = (text: string): string =>
  text
    .normalize('NFKC')
    .replace(/[\s‐]+/g, '')
    .toLowerCase();

/** Whether a passage holds the answer. */
export const answers = ({ answer }: JudgedQuestion, passage: string): boolean =>
  answer.every((part) => plain(passage).includes(plain(part)));

/** A citation of a passage. */
export interface CitedPlace {
  document: string;
  page?: number;
  label?: string;
  headings?: readonly string[];
}

/** Whether a citation names the place of the answer. */
export const isAt = ({ document, place }: JudgedQuestion, cited: CitedPlace): boolean =>
  cited.document === document &&
  (place.page === undefined || cited.page === place.page) &&
  (place.label === undefined || cited.label === place.label) &&
  (place.heading === undefined ||
    (cited.headings ?? []).some((heading) => plain(heading).includes(plain(place.heading ?? ''))));
