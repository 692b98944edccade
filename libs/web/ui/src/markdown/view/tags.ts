/** Tags that are shown as what they mean; all others are shown as text. */
export const TAGS = ['sub', 'sup', 'kbd', 'mark', 'ins', 'del', 'u', 's', 'b', 'i', 'strong', 'em', 'small'] as const;
export const OPENING = new RegExp(`^<(${TAGS.join('|')})>$`, 'i');
export const CLOSING = new RegExp(`^</(${TAGS.join('|')})>$`, 'i');
export const BREAK = /^<br\s*\/?>$/i;
