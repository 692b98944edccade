import type { Translation } from '../../messages/catalogue';
import type en from './en';

export default {
  'knowledge.all': 'Tất cả kho tri thức',
  'knowledge.count': { other: '{count} kho tri thức' },
  'knowledge.create': 'Tạo',
  'knowledge.delete': 'Xóa kho',
  'knowledge.deleteAsk':
    'Xóa vĩnh viễn “{name}” cùng các tệp trong đó? Những tệp cũng nằm trong kho khác vẫn được giữ ở đó.',
  'knowledge.deleteAskFiles': {
    other: 'Xóa vĩnh viễn “{name}” cùng {count} tệp? Những tệp cũng nằm trong kho khác vẫn được giữ ở đó.',
  },
  'knowledge.deleteFileAsk': 'Xóa “{name}” khỏi kho này?',
  'knowledge.describe': 'Đổi tên hoặc mô tả',
  'knowledge.description': 'Mô tả',
  'knowledge.drop': 'Thả tệp vào đây để thêm',
  'knowledge.gone': 'Kho tri thức này không tồn tại hoặc không phải của bạn.',
  'knowledge.moreFiles': 'Xem thêm tệp',
  'knowledge.name': 'Tên',
  'knowledge.new': 'Kho mới',
  'knowledge.newTitle': 'Kho tri thức mới',
  'knowledge.noBase':
    'Chưa có kho tri thức nào. Hãy tạo một kho, đưa tài liệu vào đó rồi đặt câu hỏi trong cuộc trò chuyện.',
  'knowledge.noFileMatches': 'Không có tệp nào khớp với “{query}”.',
  'knowledge.noFiles':
    'Chưa có tệp nào. Hãy thêm tệp hoặc thả vào đây: văn bản, PDF, Word, Excel, PowerPoint, trang web, sách điện tử và nhiều loại khác.',
  'knowledge.of': 'của {name}',
  'knowledge.ofSomebody': 'của người khác',
  'knowledge.onTheWay': { other: '{count} tệp đang xử lý' },
  'knowledge.retryFailed': { other: 'Thử lại {count} tệp lỗi' },
  'knowledge.searchFiles': 'Tìm tệp',
  'knowledge.searchHint': 'Tìm theo tên hoặc mô tả',
  'knowledge.deleteFilesToo': 'Xóa cả tệp',
  'knowledge.deleteFolder': 'Xóa thư mục “{name}”',
  'knowledge.deleteFolderHint':
    'Các thư mục con cũng bị xóa. Có thể giữ lại tệp: tệp sẽ được chuyển lên một cấp. Những tệp cũng nằm trong kho khác vẫn được giữ ở đó.',
  'knowledge.folderPath': 'Đường dẫn thư mục',
  'knowledge.folderUp': 'Lên một cấp',
  'knowledge.folders': 'Thư mục',
  'knowledge.keepFiles': 'Xóa và giữ lại tệp',
  'knowledge.moreBases': 'Xem thêm kho',
  'knowledge.moreNamed': 'Thao tác khác với {name}',
  'knowledge.move': 'Di chuyển đến…',
  'knowledge.moveHere': 'Di chuyển vào đây',
  'knowledge.moveNamed': 'Di chuyển “{name}”',
  'knowledge.moveTo': 'Đến: {place}',
  'knowledge.newFolder': 'Thư mục mới',
  'knowledge.readAgain': 'Đọc lại tất cả tệp',
  'knowledge.readAgainAsk':
    'Đọc lại tất cả tệp của kho này? Câu trả lời vẫn dùng nội dung đã đọc trước đó cho đến khi từng tệp được đọc xong.',
  'knowledge.renameFolder': 'Đổi tên thư mục',
  'knowledge.topLevel': 'Cấp cao nhất',
} satisfies Partial<Translation<typeof en>>;
