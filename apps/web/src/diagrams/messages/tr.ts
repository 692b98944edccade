import type { Translation } from '../../messages/catalogue';
import type en from './en';

export default {
  diagram: 'Diyagram',
  'diagram.of': 'Diyagram: {title}',
  'diagram.source': 'Kaynak kodu',
  'diagram.smaller': 'Uzaklaştır',
  'diagram.larger': 'Yakınlaştır',
  'diagram.fit': 'Sığdır',
  'diagram.zoomed': '%{percent}',
  'diagram.whole': 'Tam görünüm',
  'diagram.svg': 'SVG olarak kaydet',
  'diagram.png': 'PNG olarak kaydet',
  'diagram.noPng': 'Bu tarayıcı PNG oluşturamıyor. SVG olarak kaydedin.',
  'diagram.failed': 'Diyagram çizilemiyor: {reason}',
  'diagram.stopped': 'Diyagramın çizilmesi çok uzun sürdü ve durduruldu.',
  'diagram.tooLong': 'Diyagram çizilemeyecek kadar uzun.',
  'diagram.again': 'Tekrar dene',
} satisfies Partial<Translation<typeof en>>;
