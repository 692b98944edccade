import type { Translation } from '../../messages/catalogue';
import type en from './en';

export default {
  'artifact.html': 'Trang bên cạnh cuộc trò chuyện',
  'artifact.svg': 'Hình bên cạnh cuộc trò chuyện',
  'artifact.frame': 'Bản xem trước của trang',
  'artifact.frameSvg': 'Bản xem trước của hình',
  'artifact.preview': 'Xem trước',
  'artifact.source': 'Mã nguồn',
  'artifact.show': 'Nội dung hiển thị',
  'artifact.save': 'Tải xuống',
  'artifact.version': 'Phiên bản {place} / {all}',
  'artifact.previous': 'Phiên bản trước',
  'artifact.next': 'Phiên bản sau',
  'artifact.refused':
    'Nội dung này muốn tải thêm dữ liệu hoặc chuyển sang trang khác. Ở đây không cho phép: nội dung bị tách khỏi mọi mạng.',
  'artifact.stopped': 'Nội dung này không phản hồi trong mười giây nên đã bị dừng.',
  'artifact.flooded': 'Nội dung này gửi quá nhiều thông điệp, làm nghẽn mọi thứ khác nên đã bị dừng.',
  'artifact.notLoaded': 'Không tải được bản xem trước.',
  'artifact.tooLong': 'Nội dung quá dài để xem trước.',
  'artifact.again': 'Chạy lại',
} satisfies Partial<Translation<typeof en>>;
