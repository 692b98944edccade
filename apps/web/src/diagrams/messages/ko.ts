import type { Translation } from '../../messages/catalogue';
import type en from './en';

export default {
  diagram: '다이어그램',
  'diagram.of': '다이어그램: {title}',
  'diagram.source': '소스 코드',
  'diagram.smaller': '축소',
  'diagram.larger': '확대',
  'diagram.fit': '맞춤',
  'diagram.zoomed': '{percent}%',
  'diagram.whole': '전체 보기',
  'diagram.svg': 'SVG로 저장',
  'diagram.png': 'PNG로 저장',
  'diagram.noPng': '이 브라우저에서는 PNG로 만들 수 없습니다. SVG로 저장해 주세요.',
  'diagram.failed': '다이어그램을 그릴 수 없습니다: {reason}',
  'diagram.stopped': '다이어그램을 그리는 데 너무 오래 걸려 중지되었습니다.',
  'diagram.tooLong': '다이어그램이 너무 길어 그릴 수 없습니다.',
  'diagram.again': '다시 시도',
} satisfies Partial<Translation<typeof en>>;
