import { Module } from '@nestjs/common';
import { HostGuard } from './host-guard';
import { HostRepository } from './host.repository';

/** One machine for a store that is on a disk. */
@Module({ providers: [HostGuard, HostRepository] })
export class HostModule {}
