/** Decide where the words of a field break. */
const COPIED = [
  ...['direction', 'box-sizing', 'width', 'font', 'letter-spacing', 'word-spacing', 'text-indent', 'tab-size'],
  ...['padding-top', 'padding-right', 'padding-bottom', 'padding-left', 'unicode-bidi', 'text-align'],
  ...['border-top-width', 'border-right-width', 'border-bottom-width', 'border-left-width', 'line-height'],
];

/** Distance from the line and from the edges of the page, in pixels. */
const GAP = 10;

/** Where a place in the text of a field is on the screen: browsers tell it only of text that is no field. */
function placeIn(field: HTMLTextAreaElement, at: number): { x: number; top: number; bottom: number } {
  const mirror = document.createElement('div');
  const looks = getComputedStyle(field);
  for (const name of COPIED) mirror.style.setProperty(name, looks.getPropertyValue(name));
  Object.assign(mirror.style, {
    position: 'absolute',
    visibility: 'hidden',
    whiteSpace: 'pre-wrap',
    overflowWrap: 'break-word',
    borderStyle: 'solid',
  });
  const mark = document.createElement('span');
  mark.textContent = '\u200b';
  mirror.append(field.value.slice(0, at), mark);
  document.body.append(mirror);
  const inMirror = mirror.getBoundingClientRect();
  const inLine = mark.getBoundingClientRect();
  mirror.remove();
  const inField = field.getBoundingClientRect();
  const top = inField.top + inLine.top - inMirror.top - field.scrollTop;
  return { x: inField.left + inLine.left - inMirror.left, top, bottom: top + inLine.height };
}

/** Puts a list above the line of a sign, or below it where there is more room; it is never wider than the page. */
export function placeAt(list: HTMLElement, field: HTMLTextAreaElement, at: number): void {
  const { x, top, bottom } = placeIn(field, at);
  // A keyboard on the screen covers a part of the page.
  const { offsetTop = 0, height = innerHeight } = window.visualViewport ?? {};
  const above = top - offsetTop - 2 * GAP;
  const below = offsetTop + height - bottom - 2 * GAP;
  const isAbove = above >= Math.min(below, 240);
  list.style.setProperty('--room', `${Math.max(88, isAbove ? above : below)}px`);
  const box = list.getBoundingClientRect();
  list.style.top = `${isAbove ? Math.max(GAP, top - GAP - box.height) : bottom + GAP}px`;
  const startsRight = getComputedStyle(field).direction === 'rtl';
  const left = startsRight ? x - box.width : x;
  list.style.left = `${Math.max(GAP, Math.min(left, innerWidth - box.width - GAP))}px`;
}
