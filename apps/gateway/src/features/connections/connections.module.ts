import { Module } from '@nestjs/common';
import { ConnectionsRoutes } from './connections.routes';

@Module({
  controllers: [ConnectionsRoutes],
})
export class ConnectionsModule {}
