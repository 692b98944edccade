import { Module } from '@nestjs/common';
import { HostRepository } from './host.repository';
import { HostGuard } from './host-guard';

/** One machine for a store that is on a disk. */
@Module({ providers: [HostGuard, HostRepository] })
export class HostModule {}
