import { rows, sheet } from './page.mjs';

/** Two columns, headings, footnotes at the foot of the page, a running head and page numbers. */
export const observatory = sheet(
  `<div class="two">
<h1 class="span">Hollin Fell Observatory: report of the year</h1>
<p class="span"><i>Prepared by the station's staff for the board of trustees.</i></p>
<h2>1 Weather</h2>
<p>The year was the wettest since the station opened. Rain fell on 231 days, and the gauge behind the workshop measured 2,417 millimetres in all. The
driest month was May; in it the heather on the northern slope burned for two days before the volunteers of the valley put it out.</p>
<p>Snow lay from the ninth of January until the third of March. The road was closed for nineteen days, during which supplies came by sledge from the farm
at Skell Gill. Wind did more harm than snow: on the night of the 14th of November a gust of 71 knots tore the shutter of the small dome from its rails.</p>
<h2>2 Instruments</h2>
<p>The main refractor was taken apart in June. Its lens, ground in 1893, was cleaned with distilled water and cotton, and the flint element was turned by
forty degrees against the crown, which removed the astigmatism that visitors had complained of. The drive clock now loses less than two seconds in a night.</p>
<p>The spectrograph has a new grating of 1,200 lines to the millimetre. It was given by the Tarn Foundation and replaces the one that was etched by damp
in the flood. A thermostat holds the housing at eleven degrees.</p>
<h2>3 Visitors</h2>
<p>Doors were open on forty-four evenings. School classes made up a third of the 3,908 guests, fewer than in the year before, because the bus from
Ravenglass no longer runs on Thursdays. The café was let to Mrs Odell, who pays a tenth of the takings instead of a rent.</p>
<p>A survey was filled in by 612 people. Most praised the guides; the most frequent complaint was the cold in the lecture room, for which two heaters have
been ordered.</p>
<h2>4 Research</h2>
<p>Observations of variable stars were continued in the programme that Dr Amara Whitlock began. She has published the period of V Sagittae from our plates
and found it to shorten by four milliseconds a year.<sup>1</sup> Occultations by minor planets were timed on seven nights, five of them with success.</p>
<p>The meteor cameras recorded 9,112 trails. One of them, seen also from Carlisle and from the Isle of Man, could be traced to a field near Brampton, where
a stone of 318 grams was picked up by a schoolgirl.<sup>2</sup></p>
<h2>5 Accounts</h2>
<p>Income was 148,300 pounds and expenditure 151,950 pounds. The deficit was met from the reserve that Colonel Fairbank left to the station in 1962, which
stood at 90,400 pounds at the end of the year. The roof of the library will cost 27,000 pounds in the coming spring.</p>
<p>Admission brought in more than in any year before. Grants fell by a fifth, because the county has ended its scheme for small museums.</p>
<h2>6 People</h2>
<p>Mr Jonas Pell, caretaker for thirty-one years, retired in September. The post went to Miss Ida Brathay, who had looked after the lifeboat station at
St Bees. The board thanks both of them. Two students from Lancaster measured plates during the summer and were paid by the Tarn Foundation.</p>
<h2>7 Plans</h2>
<p>A radio dish of three metres will be put up on the southern terrace. Planning consent was given in October on condition that it be painted grey-green.
The lecture room will be moved to the ground floor, so that people in wheelchairs can reach it without help.</p>
<p>The board has asked for an estimate of what it would cost to lay a cable for data along the old mine railway. Until there is one, the pictures of the
meteor cameras are carried to the village on a disk every Friday.</p>
</div>
<div class="foot"><p><sup>1</sup> A. Whitlock, Notes of the Northern Society, volume 58, pages 201 to 219.</p><p><sup>2</sup> The stone is kept in the
museum at Kendal under the number KM-7731.</p></div>`,
  { lang: 'en' },
);

const NAMES = [
  'Hex bolt',
  'Spring washer',
  'Ball valve',
  'Pipe clamp',
  'Gasket',
  'Filter mesh',
  'Bearing',
  'Drive belt',
  'Float switch',
  'Relay',
];
const part = (at) => [
  `KX-${4400 + at * 7}`,
  `${NAMES[at % NAMES.length]} ${['small', 'medium', 'large', 'marine'][at % 4]}`,
  `${((at * 37) % 190) + 3}.${String((at * 53) % 100).padStart(2, '0')}`,
  `${(at * 13) % 240}`,
  `${['Hull', 'Leeds', 'Perth'][at % 3]}`,
  `${(at % 9) + 1} weeks`,
];

/** A table over three pages with its header on each of them. */
export const prices = sheet(
  `<h1>Price list of spare parts</h1><p>Prices are net, in pounds. Orders below 40 pounds carry a surcharge of 6.50 pounds. The list is valid until the 30th of June.</p>
${rows(
  ['Part number', 'Description', 'Unit price', 'Stock', 'Warehouse', 'Lead time'],
  Array.from({ length: 96 }, (_, at) => part(at)),
)}
<h2>Returns</h2><p>Parts may be sent back within 21 days if their seal is unbroken. Belts and gaskets are exempt.</p>`,
  { lang: 'en' },
);

/** A landscape table with merged cells, and notes below it. */
export const rota = sheet(
  `<h1>Duty rota of the harbour office, week 32</h1>
<table class="grid"><thead><tr><th rowspan="2">Berth</th><th colspan="2">Monday to Thursday</th><th colspan="2">Friday to Sunday</th></tr>
<tr><th>Day shift</th><th>Night shift</th><th>Day shift</th><th>Night shift</th></tr></thead><tbody>
<tr><td>North quay</td><td>Amundsen</td><td>Castellano</td><td>Ibrahim</td><td>Petrov</td></tr>
<tr><td>South quay</td><td>Fontaine</td><td>Delacroix</td><td>Okonkwo</td><td>Lindqvist</td></tr>
<tr><td>Fuel jetty</td><td>Yamamoto</td><td>Bergström</td><td>Moreau</td><td>Achterberg</td></tr>
<tr><td>Lock gate</td><td>Zielinski</td><td>O'Hanlon</td><td>Novak</td><td>Quispe</td></tr></tbody></table>
<p>Whoever cannot take a shift tells the harbour master by Thursday noon, on extension 4471. The pilot boat is crewed by whoever has the day shift at the lock gate.</p>`,
  { lang: 'en', landscape: true },
);

/** Formulas as a browser sets them. */
export const formulas = sheet(
  `<h1>Notes on heat exchangers</h1>
<h2>Mean temperature difference</h2>
<p>For a counter-flow exchanger the logarithmic mean difference is</p>
<p><math display="block"><mi>ΔT</mi><mo>=</mo><mfrac><mrow><mi>a</mi><mo>−</mo><mi>b</mi></mrow><mrow><mi>ln</mi><mo>(</mo><mi>a</mi><mo>/</mo><mi>b</mi><mo>)</mo></mrow></mfrac></math></p>
<p>where a is the difference at the hot end and b that at the cold end. With a = 40 K and b = 20 K it comes to 28.85 K.</p>
<h2>Fouling</h2><p>The fouling resistance of river water is taken as 0.00035 m²K/W, that of treated boiler water as 0.00018 m²K/W.</p>
<h2>Reynolds number</h2><p>The flow in the tubes is turbulent above Re = 4,000. With water at 20 °C in a tube of 16 mm that is reached at 0.25 m/s.</p>`,
  { lang: 'en' },
);

export const lease = [
  `<h1>Lease of the boathouse</h1><p>This lease is made between the Parish of Eskmere (the landlord) and Mr Thomas Garrick (the tenant) on the second day of April.</p>
<p>1. The landlord lets to the tenant the boathouse at the foot of Mill Lane together with the slipway and eleven metres of the shore.</p>
<p>2. The rent is 385 pounds a quarter, payable in advance on the usual quarter days. If it is more than fourteen days late, interest of eight per cent is due.</p>
<p>3. The tenant shall keep no more than six boats there and shall not use engines of more than four horsepower on the lake.</p>`,
  `<p>4. The tenant insures the building against fire and storm for at least 62,000 pounds and shows the policy to the clerk every January.</p>
<p>5. Repairs of the roof and the outer walls are the landlord's; all others are the tenant's.</p>
<p>6. Either side may end the lease with nine months of notice to the end of a year. The slipway must then be left free of weed.</p>
<p>7. Disputes go to the surveyor of the county, Mrs Helen Marchbanks, whose word is final.</p>`,
];

export const poster = `<h1>Ferry to Inchmurrin</h1><h2>Summer timetable</h2><p>First boat from Balmaha at 9:20, last boat back at 17:45.</p>
<p>Return ticket 14 pounds, children 6 pounds. Dogs travel free but must be on a lead.</p><p>No sailings when the wind is above force 7.</p>`;
