import type { Translation } from '../../messages/catalogue';
import type en from './en';

export default {
  'knowledge.all': 'Tüm bilgi bankaları',
  'knowledge.count': { other: '{count} bilgi bankası' },
  'knowledge.create': 'Oluştur',
  'knowledge.delete': 'Bilgi bankasını sil',
  'knowledge.deleteAsk':
    '“{name}” dosyalarıyla birlikte kalıcı olarak silinsin mi? Başka bir bilgi bankasında da olan dosyalar orada kalır.',
  'knowledge.deleteAskFiles': {
    other:
      '“{name}” {count} dosyasıyla birlikte kalıcı olarak silinsin mi? Başka bir bilgi bankasında da olan dosyalar orada kalır.',
  },
  'knowledge.deleteFileAsk': '“{name}” bu bilgi bankasından silinsin mi?',
  'knowledge.describe': 'Adını veya açıklamasını değiştir',
  'knowledge.description': 'Açıklama',
  'knowledge.drop': 'Eklemek için dosyaları buraya bırakın',
  'knowledge.gone': 'Böyle bir bilgi bankası yok ya da size ait değil.',
  'knowledge.moreFiles': 'Daha fazla dosya',
  'knowledge.name': 'Ad',
  'knowledge.new': 'Yeni banka',
  'knowledge.newTitle': 'Yeni bilgi bankası',
  'knowledge.noBase':
    'Henüz bilgi bankası yok. Bir tane oluşturun, içine belge koyun ve bir sohbette bunlar hakkında soru sorun.',
  'knowledge.noFileMatches': '“{query}” ile eşleşen dosya yok.',
  'knowledge.noFiles':
    'Henüz dosya yok. Dosya ekleyin veya buraya bırakın: metin, PDF, Word, Excel, PowerPoint, web sayfası, e-kitap ve daha fazlası.',
  'knowledge.of': 'sahibi: {name}',
  'knowledge.ofSomebody': 'başkasının',
  'knowledge.onTheWay': { other: '{count} yolda' },
  'knowledge.retryFailed': { other: 'Başarısız {count} dosyayı yinele' },
  'knowledge.searchFiles': 'Dosya ara',
  'knowledge.searchHint': 'Ada veya açıklamaya göre ara',
  'knowledge.deleteFilesToo': 'Dosyaları da sil',
  'knowledge.deleteFolder': '“{name}” klasörünü sil',
  'knowledge.deleteFolderHint':
    'İçindeki klasörler de silinir. Dosyaları kalabilir: bir düzey yukarı taşınırlar. Başka bir bilgi bankasında da olan dosyalar orada kalır.',
  'knowledge.folderPath': 'Klasörün yolu',
  'knowledge.folderUp': 'Bir düzey yukarı',
  'knowledge.folders': 'Klasörler',
  'knowledge.keepFiles': 'Sil, dosyalar kalsın',
  'knowledge.moreBases': 'Daha fazla bilgi bankası',
  'knowledge.moreNamed': 'Daha fazla: {name}',
  'knowledge.move': 'Taşı…',
  'knowledge.moveHere': 'Buraya taşı',
  'knowledge.moveNamed': 'Taşı: “{name}”',
  'knowledge.moveTo': 'Hedef: {place}',
  'knowledge.newFolder': 'Yeni klasör',
  'knowledge.readAgain': 'Tüm dosyaları yeniden oku',
  'knowledge.readAgainAsk':
    'Bu bilgi bankasının tüm dosyaları yeniden okunsun mu? Her dosya tamamlanana kadar yanıtlarda önceki okuma kullanılır.',
  'knowledge.renameFolder': 'Klasörü yeniden adlandır',
  'knowledge.topLevel': 'En üst düzey',
} satisfies Partial<Translation<typeof en>>;
