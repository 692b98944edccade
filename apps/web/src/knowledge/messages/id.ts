import type { Translation } from '../../messages/catalogue';
import type en from './en';

export default {
  'knowledge.all': 'Semua basis pengetahuan',
  'knowledge.count': { other: '{count} basis pengetahuan' },
  'knowledge.create': 'Buat',
  'knowledge.delete': 'Hapus basis',
  'knowledge.deleteAsk':
    'Hapus “{name}” beserta berkasnya secara permanen? Berkas yang juga ada di basis lain tetap di sana.',
  'knowledge.deleteAskFiles': {
    other: 'Hapus “{name}” beserta {count} berkas secara permanen? Berkas yang juga ada di basis lain tetap di sana.',
  },
  'knowledge.deleteFileAsk': 'Hapus “{name}” dari basis ini?',
  'knowledge.describe': 'Ubah nama atau deskripsi',
  'knowledge.description': 'Deskripsi',
  'knowledge.drop': 'Letakkan berkas untuk menambahkannya',
  'knowledge.gone': 'Basis pengetahuan ini tidak ada, atau bukan milik Anda.',
  'knowledge.moreFiles': 'Berkas lainnya',
  'knowledge.name': 'Nama',
  'knowledge.new': 'Basis baru',
  'knowledge.newTitle': 'Basis pengetahuan baru',
  'knowledge.noBase':
    'Belum ada basis pengetahuan. Buatlah satu, masukkan dokumen ke dalamnya, dan tanyakan tentang isinya dalam obrolan.',
  'knowledge.noFileMatches': 'Tidak ada berkas yang cocok dengan “{query}”.',
  'knowledge.noFiles':
    'Belum ada berkas. Tambahkan, atau letakkan di sini: teks, PDF, Word, Excel, PowerPoint, halaman web, buku elektronik, dan lainnya.',
  'knowledge.of': 'milik {name}',
  'knowledge.ofSomebody': 'milik orang lain',
  'knowledge.onTheWay': { other: '{count} sedang diproses' },
  'knowledge.retryFailed': { other: 'Ulangi {count} yang gagal' },
  'knowledge.searchFiles': 'Cari berkas',
  'knowledge.searchHint': 'Cari berdasarkan nama atau deskripsi',
  'knowledge.deleteFilesToo': 'Hapus juga berkasnya',
  'knowledge.deleteFolder': 'Hapus folder “{name}”',
  'knowledge.deleteFolderHint':
    'Folder di dalamnya juga dihapus. Berkasnya boleh tetap ada: pindah satu tingkat ke atas. Berkas yang juga ada di basis lain tetap di sana.',
  'knowledge.folderPath': 'Jalur folder',
  'knowledge.folderUp': 'Naik satu tingkat',
  'knowledge.folders': 'Folder',
  'knowledge.keepFiles': 'Hapus, tetapi pertahankan berkas',
  'knowledge.moreBases': 'Basis lainnya',
  'knowledge.moreNamed': 'Lainnya untuk {name}',
  'knowledge.move': 'Pindahkan ke…',
  'knowledge.moveHere': 'Pindahkan ke sini',
  'knowledge.moveNamed': 'Pindahkan “{name}”',
  'knowledge.moveTo': 'Ke: {place}',
  'knowledge.newFolder': 'Folder baru',
  'knowledge.readAgain': 'Baca ulang semua berkas',
  'knowledge.readAgainAsk':
    'Baca ulang semua berkas di basis ini? Sampai setiap berkas selesai, jawaban memakai hasil bacaan sebelumnya.',
  'knowledge.renameFolder': 'Ganti nama folder',
  'knowledge.topLevel': 'Tingkat teratas',
} satisfies Partial<Translation<typeof en>>;
