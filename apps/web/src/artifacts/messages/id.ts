import type { Translation } from '../../messages/catalogue';
import type en from './en';

export default {
  'artifact.html': 'Halaman di samping obrolan',
  'artifact.svg': 'Gambar di samping obrolan',
  'artifact.frame': 'Pratinjau halaman',
  'artifact.frameSvg': 'Pratinjau gambar',
  'artifact.preview': 'Pratinjau',
  'artifact.source': 'Kode sumber',
  'artifact.show': 'Yang ditampilkan',
  'artifact.save': 'Unduh',
  'artifact.version': 'Versi {place} dari {all}',
  'artifact.previous': 'Versi sebelumnya',
  'artifact.next': 'Versi berikutnya',
  'artifact.refused':
    'Halaman ini ingin memuat sesuatu atau berpindah ke tempat lain. Itu tidak diizinkan di sini: halaman ini terputus dari semua jaringan.',
  'artifact.stopped': 'Tidak ada tanda aktivitas selama sepuluh detik, jadi dihentikan.',
  'artifact.flooded': 'Pesan yang dikirimnya terlalu banyak sehingga yang lain tidak dapat berjalan, jadi dihentikan.',
  'artifact.notLoaded': 'Pratinjau tidak dapat dimuat.',
  'artifact.tooLong': 'Ini terlalu panjang untuk pratinjau.',
  'artifact.again': 'Jalankan lagi',
} satisfies Partial<Translation<typeof en>>;
