import type { Translation } from '../../messages/catalogue';
import type en from './en';

export default {
  'artifact.html': 'صفحة بجانب المحادثة',
  'artifact.svg': 'صورة بجانب المحادثة',
  'artifact.frame': 'معاينة الصفحة',
  'artifact.frameSvg': 'معاينة الصورة',
  'artifact.preview': 'معاينة',
  'artifact.source': 'المصدر',
  'artifact.show': 'ما يُعرض',
  'artifact.save': 'تنزيل',
  'artifact.version': 'الإصدار {place} من {all}',
  'artifact.previous': 'الإصدار السابق',
  'artifact.next': 'الإصدار التالي',
  'artifact.refused': 'أرادت تحميل شيء أو الانتقال إلى مكان آخر. هذا غير مسموح هنا: فهي معزولة عن كل شبكة.',
  'artifact.stopped': 'لم تظهر أي إشارة حياة لعشر ثوانٍ فأُوقفت المعاينة.',
  'artifact.flooded': 'أرسلت رسائل كثيرة إلى حدّ يعطّل كل شيء آخر، فأُوقفت المعاينة.',
  'artifact.notLoaded': 'تعذّر تحميل المعاينة.',
  'artifact.tooLong': 'هذا أطول من أن يُعاين.',
  'artifact.again': 'تشغيل من جديد',
} satisfies Translation<typeof en>;
