import { Module } from '@nestjs/common';
import { Fleet } from './fleet';
import { FleetController } from './fleet.controller';

/** The processes of the installation, for administrators. */
@Module({
  controllers: [FleetController],
  providers: [Fleet],
})
export class FleetModule {}
