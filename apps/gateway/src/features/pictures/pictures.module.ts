import { Module } from '@nestjs/common';
import { FilesModule } from '../files/files.module';
import { PictureIntake } from './picture-intake';

@Module({
  imports: [FilesModule],
  providers: [PictureIntake],
  exports: [PictureIntake],
})
export class PicturesModule {}
