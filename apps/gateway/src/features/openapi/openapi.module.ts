import { Module } from '@nestjs/common';
import { DocsPageController } from './docs-page.controller';
import { OpenApiController } from './openapi.controller';

@Module({ controllers: [OpenApiController, DocsPageController] })
export class OpenApiModule {}
