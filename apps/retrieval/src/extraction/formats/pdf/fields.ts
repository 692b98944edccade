/** A piece of text with its position: `transform[4]` and `[5]` are its left end and its base line, in points. */
export interface PlacedText {
  str: string;
  transform: readonly number[];
}

/** A form field from pdf.js; its content is untrusted. */
interface Field {
  subtype?: unknown;
  fieldType?: unknown;
  fieldName?: unknown;
  alternativeText?: unknown;
  fieldValue?: unknown;
  hidden?: unknown;
  password?: unknown;
  checkBox?: unknown;
  radioButton?: unknown;
  exportValue?: unknown;
  buttonValue?: unknown;
  options?: unknown;
  rect?: unknown;
}

/** Values of a page's form fields, a line each: `Surname: Miller`, `Agree: checked`. Empty fields are skipped. */
export function fieldLines(annotations: readonly unknown[], items: readonly PlacedText[]): string[] {
  const lines: string[] = [];
  for (const field of annotations as readonly Field[]) {
    if (field.subtype !== 'Widget' || field.hidden === true || field.password === true) continue;
    const value = valueOf(field);
    if (value !== '') lines.push(`${labelOf(field, items)}: ${value}`);
  }
  return lines;
}

function valueOf({ fieldType, fieldValue, checkBox, radioButton, exportValue, buttonValue, options }: Field): string {
  if (fieldType === 'Btn') {
    if (radioButton === true)
      return fieldValue === buttonValue && fieldValue !== null ? `${text(buttonValue)} (chosen)` : '';
    if (checkBox !== true) return '';
    return fieldValue === exportValue ? 'checked' : 'not checked';
  }
  if (fieldType !== 'Tx' && fieldType !== 'Ch') return '';
  const values = (Array.isArray(fieldValue) ? fieldValue : [fieldValue]).map((value) => shown(text(value), options));
  return values.filter((value) => value !== '').join(', ');
}

/** A list shows other words than it exports. */
function shown(value: string, options: unknown): string {
  if (!Array.isArray(options)) return value;
  const found = (options as { exportValue?: unknown; displayValue?: unknown }[]).find(
    (option) => option?.exportValue === value,
  );
  return text(found?.displayValue) || value;
}

/** The visible label beside the field; the form's own name if there is none. */
function labelOf({ alternativeText, fieldName, rect }: Field, items: readonly PlacedText[]): string {
  const named = text(alternativeText) || beside(rect, items) || text(fieldName) || 'Field';
  return named.replace(/\s*[:.]?\s*$/, '');
}

/** The nearest text on the field's line, preferably before it. */
function beside(rect: unknown, items: readonly PlacedText[]): string {
  if (!Array.isArray(rect) || rect.length !== 4 || !rect.every((value) => typeof value === 'number')) return '';
  const [left, bottom, right, top] = rect as [number, number, number, number];
  let best = '';
  let distance = Infinity;
  for (const { str, transform } of items) {
    const [x, y] = [transform[4], transform[5]];
    if (str.trim() === '' || x === undefined || y === undefined || y < bottom - 2 || y > top) continue;
    const away = x <= left ? left - x : x >= right ? (x - right) * 4 : Infinity;
    if (away >= distance) continue;
    best = str.trim();
    distance = away;
  }
  return best;
}

const text = (value: unknown): string => (typeof value === 'string' ? value.replace(/\s+/g, ' ').trim() : '');
