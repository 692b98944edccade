/** The source of the texts of diagrams. */
export default {
  diagram: 'Diagram',
  'diagram.of': 'Diagram: {title}',
  'diagram.source': 'Source',
  'diagram.smaller': 'Zoom out',
  'diagram.larger': 'Zoom in',
  'diagram.fit': 'Fit',
  'diagram.zoomed': '{percent}%',
  'diagram.whole': 'Full view',
  'diagram.svg': 'Save as SVG',
  'diagram.png': 'Save as PNG',
  'diagram.noPng': 'This browser cannot make a PNG of it. Save it as SVG.',
  'diagram.failed': 'The diagram cannot be drawn: {reason}',
  'diagram.stopped': 'The diagram took too long to draw and was stopped.',
  'diagram.tooLong': 'The diagram is too long to be drawn.',
  'diagram.again': 'Try again',
} as const;
