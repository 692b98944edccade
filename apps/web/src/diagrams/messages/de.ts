import type { Translation } from '../../messages/catalogue';
import type en from './en';

export default {
  diagram: 'Diagramm',
  'diagram.of': 'Diagramm: {title}',
  'diagram.source': 'Quelltext',
  'diagram.smaller': 'Verkleinern',
  'diagram.larger': 'Vergrößern',
  'diagram.fit': 'Einpassen',
  'diagram.zoomed': '{percent} %',
  'diagram.whole': 'Ganze Ansicht',
  'diagram.svg': 'Als SVG speichern',
  'diagram.png': 'Als PNG speichern',
  'diagram.noPng': 'Dieser Browser kann daraus kein PNG machen. Als SVG lässt es sich speichern.',
  'diagram.failed': 'Das Diagramm lässt sich nicht zeichnen: {reason}',
  'diagram.stopped': 'Das Zeichnen des Diagramms dauerte zu lange und wurde angehalten.',
  'diagram.tooLong': 'Das Diagramm ist zu lang, um gezeichnet zu werden.',
  'diagram.again': 'Noch einmal versuchen',
} satisfies Translation<typeof en>;
