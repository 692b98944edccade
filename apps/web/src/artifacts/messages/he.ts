import type { Translation } from '../../messages/catalogue';
import type en from './en';

export default {
  'artifact.html': 'דף לצד הצ׳אט',
  'artifact.svg': 'תמונה לצד הצ׳אט',
  'artifact.frame': 'תצוגה מקדימה של הדף',
  'artifact.frameSvg': 'תצוגה מקדימה של התמונה',
  'artifact.preview': 'תצוגה מקדימה',
  'artifact.source': 'קוד מקור',
  'artifact.show': 'מה מוצג',
  'artifact.save': 'הורדה',
  'artifact.version': 'גרסה {place} מתוך {all}',
  'artifact.previous': 'הגרסה הקודמת',
  'artifact.next': 'הגרסה הבאה',
  'artifact.refused': 'הדף ניסה לטעון משהו או לעבור למקום אחר. זה אסור כאן: הוא מנותק מכל רשת.',
  'artifact.stopped': 'הדף לא הגיב במשך עשר שניות ונעצר.',
  'artifact.flooded': 'הדף שלח כל כך הרבה הודעות ששום דבר אחר לא היה פועל, ונעצר.',
  'artifact.notLoaded': 'לא ניתן היה לטעון את התצוגה המקדימה.',
  'artifact.tooLong': 'זה ארוך מדי לתצוגה מקדימה.',
  'artifact.again': 'הפעלה מחדש',
} satisfies Partial<Translation<typeof en>>;
