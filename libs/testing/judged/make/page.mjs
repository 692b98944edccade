/** A printed page. `landscape` turns it. */
export const sheet = (
  body,
  { lang, landscape = false },
) => `<!doctype html><html lang="${lang}"><meta charset="utf-8"><style>
@page { size: A4 ${landscape ? 'landscape' : 'portrait'}; margin: 22mm 20mm; }
${TEXT}
.two { columns: 2; column-gap: 9mm; text-align: justify; hyphens: auto; } .span { column-span: all; }
.foot { border-top: .5px solid #000; font-size: 8pt; margin-top: 6mm; } .break { break-before: page; }
</style><body>${body}</body></html>`;

const TEXT = `body { font: 10.5pt/1.38 'DejaVu Serif', 'WenQuanYi Micro Hei', serif; margin: 0; }
h1 { font-size: 17pt; line-height: 1.2; } h2 { font-size: 12.5pt; margin: 4mm 0 1mm; break-after: avoid; } p { margin: 0 0 2.2mm; } sup { font-size: 7pt; }
table { border-collapse: collapse; font-size: 9pt; margin: 2mm 0; width: 100%; } th, td { padding: 1mm 2mm; text-align: left; }
th { border-bottom: 1px solid #000; } .once thead { display: table-row-group; } .grid th, .grid td { border: 1px solid #000; text-align: center; }`;

/** What a scanner sees: the page a little askew, blurred, grey, with grain. */
export const scanned = (body, { lang, angle }) => `<!doctype html><html lang="${lang}"><meta charset="utf-8"><style>
${TEXT}
body { width: 794px; height: 1123px; background: #f3f1ec; position: relative; overflow: hidden; }
main { padding: 90px 85px; transform: rotate(${angle}deg); filter: blur(.35px) contrast(.9); color: #222; font-size: 11.5pt; }
svg { position: absolute; inset: 0; opacity: .16; mix-blend-mode: multiply; }
</style><body><main>${body}</main><svg width="794" height="1123"><filter id="n"><feTurbulence type="fractalNoise" baseFrequency=".8" seed="4"/><feColorMatrix type="saturate" values="0"/></filter><rect width="794" height="1123" filter="url(#n)"/></svg></body></html>`;

export const rows = (head, body, { once = false } = {}) =>
  `<table${once ? ' class="once"' : ''}><thead><tr>${head.map((cell) => `<th>${cell}</th>`).join('')}</tr></thead><tbody>${body
    .map((row) => `<tr>${row.map((cell) => `<td>${cell}</td>`).join('')}</tr>`)
    .join('')}</tbody></table>`;
