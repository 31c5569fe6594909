import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { z } from 'zod';
import type { ServiceDefinition } from './service-definition.ts';

/** The OpenAPI document of a service, from its routes and their Zod schemas. */
export function openApiOf(app: NestFastifyApplication, definition: ServiceDefinition): OpenAPIObject {
  const document = new DocumentBuilder()
    .setTitle(`Holdfast ${definition.name}`)
    .setVersion('1')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' })
    .addSecurityRequirements('bearer')
    .build();
  return SwaggerModule.createDocument(app, document, {
    standardSchemaConverter: (schema: unknown) =>
      z.toJSONSchema(schema as z.ZodType, { io: 'input', target: 'openapi-3.0', unrepresentable: 'any' }),
  } as never);
}

/** A page for people and `/docs-json` for programs. */
export function serveOpenApi(app: NestFastifyApplication, definition: ServiceDefinition): void {
  SwaggerModule.setup('docs', app, () => openApiOf(app, definition), { jsonDocumentUrl: 'docs-json' });
}
