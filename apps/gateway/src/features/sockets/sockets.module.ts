import { Module } from '@nestjs/common';
import { CatchUp } from './catch-up';
import { SocketAdmission } from './socket-admission';
import { SocketServer } from './socket-server';
import { SocketSessions } from './socket-sessions';
import { SocketUsers } from './socket-users';

@Module({
  providers: [SocketUsers, SocketAdmission, SocketSessions, SocketServer, CatchUp],
  exports: [SocketUsers, CatchUp],
})
export class SocketsModule {}
