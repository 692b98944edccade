import type { Translation } from '../../messages/catalogue';
import type en from './en';

export default {
  diagram: 'Diagrama',
  'diagram.of': 'Diagrama: {title}',
  'diagram.source': 'Código-fonte',
  'diagram.smaller': 'Diminuir zoom',
  'diagram.larger': 'Aumentar zoom',
  'diagram.fit': 'Ajustar',
  'diagram.zoomed': '{percent}%',
  'diagram.whole': 'Visão completa',
  'diagram.svg': 'Salvar como SVG',
  'diagram.png': 'Salvar como PNG',
  'diagram.noPng': 'Este navegador não consegue gerar um PNG. Salve como SVG.',
  'diagram.failed': 'O diagrama não pode ser desenhado: {reason}',
  'diagram.stopped': 'O diagrama demorou demais para ser desenhado e foi interrompido.',
  'diagram.tooLong': 'O diagrama é longo demais para ser desenhado.',
  'diagram.again': 'Tentar novamente',
} satisfies Partial<Translation<typeof en>>;
