import type { Translation } from '../../messages/catalogue';
import type en from './en';

export default {
  diagram: 'תרשים',
  'diagram.of': 'תרשים: {title}',
  'diagram.source': 'קוד מקור',
  'diagram.smaller': 'הקטנה',
  'diagram.larger': 'הגדלה',
  'diagram.fit': 'התאמה',
  'diagram.zoomed': '{percent}%',
  'diagram.whole': 'תצוגה מלאה',
  'diagram.svg': 'שמירה כ־SVG',
  'diagram.png': 'שמירה כ־PNG',
  'diagram.noPng': 'הדפדפן הזה אינו יכול ליצור ממנו PNG. אפשר לשמור אותו כ־SVG.',
  'diagram.failed': 'אי אפשר לשרטט את התרשים: {reason}',
  'diagram.stopped': 'שרטוט התרשים נמשך זמן רב מדי ונעצר.',
  'diagram.tooLong': 'התרשים ארוך מדי לשרטוט.',
  'diagram.again': 'ניסיון נוסף',
} satisfies Partial<Translation<typeof en>>;
