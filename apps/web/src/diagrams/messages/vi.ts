import type { Translation } from '../../messages/catalogue';
import type en from './en';

export default {
  diagram: 'Sơ đồ',
  'diagram.of': 'Sơ đồ: {title}',
  'diagram.source': 'Mã nguồn',
  'diagram.smaller': 'Thu nhỏ',
  'diagram.larger': 'Phóng to',
  'diagram.fit': 'Vừa khung',
  'diagram.zoomed': '{percent}%',
  'diagram.whole': 'Xem toàn bộ',
  'diagram.svg': 'Lưu dạng SVG',
  'diagram.png': 'Lưu dạng PNG',
  'diagram.noPng': 'Trình duyệt này không tạo được PNG từ sơ đồ. Hãy lưu dạng SVG.',
  'diagram.failed': 'Không vẽ được sơ đồ: {reason}',
  'diagram.stopped': 'Vẽ sơ đồ mất quá nhiều thời gian nên đã bị dừng.',
  'diagram.tooLong': 'Sơ đồ quá dài, không vẽ được.',
  'diagram.again': 'Thử lại',
} satisfies Partial<Translation<typeof en>>;
