import type { Json } from './marketplace.ts';
import { type Inside } from './running-inside.ts';

/** A span as its service has exported it. */
export interface Span {
  service: string;
  name: string;
  traceId: string;
  spanId: string;
  /** Absent for the first span of a trace. */
  parentSpanId?: string;
  attributes: Record<string, Json>;
  links: { traceId: string; spanId: string }[];
  /** As OTLP numbers them: 2 a server, 3 a client, 5 a consumer. */
  kind: number;
}

const attributesOf = (list: Json[] = []): Record<string, Json> =>
  Object.fromEntries(list.map(({ key, value }) => [key, Object.values(value)[0]]));

/** All exports as one text, for what must not stand in any of them. */
export const everyExport = async ({ tracesUrl }: Inside): Promise<string> => (await fetch(tracesUrl)).text();

export interface Resource {
  attributes: Record<string, Json>;
  spans: Span[];
}

export async function collectedResources(inside: Inside): Promise<Resource[]> {
  const exports = JSON.parse(await everyExport(inside)) as Json[];
  return exports
    .flatMap(({ resourceSpans }) => resourceSpans)
    .map(({ resource, scopeSpans }) => {
      const attributes = attributesOf(resource.attributes);
      const spans = scopeSpans.flatMap((scope: Json) => scope.spans) as Json[];
      return {
        attributes,
        spans: spans.map(({ name, traceId, spanId, parentSpanId, attributes: own, links = [], kind }) => ({
          service: String(attributes['service.name']).replace('holdfast-', ''),
          name,
          traceId,
          spanId,
          parentSpanId: parentSpanId || undefined,
          attributes: attributesOf(own),
          links,
          kind,
        })),
      };
    });
}

export const collectedSpans = async (inside: Inside): Promise<Span[]> =>
  (await collectedResources(inside)).flatMap(({ spans }) => spans);

export const labelOf = ({ service, name }: Span): string => `${service} ${name}`;

/** From a span up to the first one of its trace, by label; the span itself first. */
export function chainOf(spans: readonly Span[], span: Span): string[] {
  const parent = spans.find(
    ({ traceId, spanId }) => traceId === span.traceId && spanId === span.parentSpanId,
  );
  return [labelOf(span), ...(parent ? chainOf(spans, parent) : [])];
}
