import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiOperation, DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { z } from 'zod';
import type { ServiceDefinition } from './service-definition.ts';

/** What a route does, in one sentence: stands on the API page, and is the route's docstring at the same time. */
export const Summary = (summary: string): MethodDecorator => ApiOperation({ summary });

type Operation = {
  tags?: string[];
  security?: object[];
  parameters?: object[];
  responses: Record<string, object>;
};

const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  required: true,
  description: 'A repeat of the same call gets the first answer; the same key with another body is refused.',
  schema: { type: 'string', minLength: 1, maxLength: 100 },
};

const problem = {
  description: 'A problem with a stable `code` (docs/errors.md)',
  content: {
    'application/problem+json': {
      schema: {
        type: 'object',
        required: ['type', 'code', 'title', 'status'],
        properties: {
          type: { type: 'string' },
          code: { type: 'string' },
          title: { type: 'string' },
          status: { type: 'integer' },
        },
      },
    },
  },
};

/** Routes without a token, and those without an Idempotency-Key although they change something. */
const isOpen = (path: string): boolean =>
  path.startsWith('/health/') || path.startsWith('/v1/webhooks/') || path === '/v1/unsubscribe';
const needsNoKey = (path: string): boolean => isOpen(path) || path.endsWith('/redrive');

/** What every service has stands after what distinguishes this one. */
const everyService = new Set([
  'deadlines',
  'policy',
  'journals',
  'ledger',
  'parked-messages',
  'alarms',
  'proof',
  'health',
]);
const tagOf = (path: string): string => path.replace(/^\/v1/, '').split('/')[1]!;

/** The OpenAPI document of a service, from its routes and their Zod schemas. */
export function openApiOf(app: NestFastifyApplication, definition: ServiceDefinition): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setTitle(`Holdfast ${definition.name}`)
    .setVersion('1')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' }, 'bearer')
    .build();
  const document = SwaggerModule.createDocument(app, builder, {
    standardSchemaConverter: (schema: unknown) => ({ schema: jsonSchemaOf(schema as z.ZodType) }),
  } as never);
  for (const [path, item] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(item as Record<string, Operation>)) {
      operation.tags = [tagOf(path)];
      operation.security = isOpen(path) ? [] : [{ bearer: [] }];
      operation.responses.default = problem;
      if (method !== 'get' && !needsNoKey(path)) {
        operation.parameters = [...(operation.parameters ?? []), idempotencyKey];
      }
    }
  }
  const shared = (path: string): number => Number(everyService.has(tagOf(path)));
  const paths = Object.entries(document.paths).sort(([a], [b]) => shared(a) - shared(b));
  return { ...document, paths: Object.fromEntries(paths) };
}

function jsonSchemaOf(schema: z.ZodType): object {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    io: 'input',
    target: 'openapi-3.0',
    unrepresentable: 'any',
  });
  return json;
}

/** A page for people and `/docs-json` for programs. */
export function serveOpenApi(app: NestFastifyApplication, definition: ServiceDefinition): void {
  SwaggerModule.setup('docs', app, () => openApiOf(app, definition), { jsonDocumentUrl: 'docs-json' });
}
