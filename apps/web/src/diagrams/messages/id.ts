import type { Translation } from '../../messages/catalogue';
import type en from './en';

export default {
  diagram: 'Diagram',
  'diagram.of': 'Diagram: {title}',
  'diagram.source': 'Kode sumber',
  'diagram.smaller': 'Perkecil',
  'diagram.larger': 'Perbesar',
  'diagram.fit': 'Paskan',
  'diagram.zoomed': '{percent}%',
  'diagram.whole': 'Tampilan penuh',
  'diagram.svg': 'Simpan sebagai SVG',
  'diagram.png': 'Simpan sebagai PNG',
  'diagram.noPng': 'Browser ini tidak dapat membuat PNG. Simpan sebagai SVG.',
  'diagram.failed': 'Diagram tidak dapat digambar: {reason}',
  'diagram.stopped': 'Diagram terlalu lama digambar dan dihentikan.',
  'diagram.tooLong': 'Diagram terlalu panjang untuk digambar.',
  'diagram.again': 'Coba lagi',
} satisfies Partial<Translation<typeof en>>;
