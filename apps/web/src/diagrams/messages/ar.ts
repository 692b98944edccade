import type { Translation } from '../../messages/catalogue';
import type en from './en';

export default {
  diagram: 'مخطط',
  'diagram.of': 'مخطط: {title}',
  'diagram.source': 'المصدر',
  'diagram.smaller': 'تصغير',
  'diagram.larger': 'تكبير',
  'diagram.fit': 'ملاءمة',
  'diagram.zoomed': '{percent}٪',
  'diagram.whole': 'عرض كامل',
  'diagram.svg': 'حفظ بصيغة SVG',
  'diagram.png': 'حفظ بصيغة PNG',
  'diagram.noPng': 'لا يستطيع هذا المتصفح تحويله إلى PNG. احفظه بصيغة SVG.',
  'diagram.failed': 'تعذّر رسم المخطط: {reason}',
  'diagram.stopped': 'استغرق رسم المخطط وقتًا طويلًا فأُوقف.',
  'diagram.tooLong': 'المخطط أطول من أن يُرسم.',
  'diagram.again': 'إعادة المحاولة',
} satisfies Translation<typeof en>;
