import type { Translation } from '../../messages/catalogue';
import type en from './en';

export default {
  'artifact.html': 'Sohbetin yanındaki sayfa',
  'artifact.svg': 'Sohbetin yanındaki görsel',
  'artifact.frame': 'Sayfanın önizlemesi',
  'artifact.frameSvg': 'Görselin önizlemesi',
  'artifact.preview': 'Önizleme',
  'artifact.source': 'Kaynak kodu',
  'artifact.show': 'Gösterilen',
  'artifact.save': 'İndir',
  'artifact.version': 'Sürüm {place} / {all}',
  'artifact.previous': 'Önceki sürüm',
  'artifact.next': 'Sonraki sürüm',
  'artifact.refused':
    'Bir şey yüklemek veya başka bir yere gitmek istedi. Buna burada izin verilmez: tüm ağlardan yalıtılmıştır.',
  'artifact.stopped': 'On saniye boyunca tepki vermedi ve durduruldu.',
  'artifact.flooded': 'Başka hiçbir şeyin çalışamayacağı kadar çok mesaj gönderdi ve durduruldu.',
  'artifact.notLoaded': 'Önizleme yüklenemedi.',
  'artifact.tooLong': 'Önizleme için çok uzun.',
  'artifact.again': 'Yeniden çalıştır',
} satisfies Partial<Translation<typeof en>>;
