import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace';

/**
 * Traces to an OTLP collector; nothing is sent, and nothing costs, where no endpoint is set (AD-22). Spans are made by
 * hand at the four places that matter (HTTP, relay, event, provider call) and hold ids only: no bodies, no SQL
 * parameters, no headers.
 */
export function startTracing(service: string, endpoint: string | undefined): { stop(): Promise<void> } {
  if (!endpoint) return { stop: async () => undefined };
  const exporter = new OTLPTraceExporter({
    url: `${endpoint.replace(/\/$/, '')}/v1/traces`,
    timeoutMillis: 3_000,
  });
  const sdk = new NodeSDK({
    resource: resourceFromAttributes({ 'service.name': `holdfast-${service}` }),
    spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: 500 })],
    instrumentations: [],
    metricReaders: [],
    logRecordProcessors: [],
  });
  sdk.start();
  return { stop: () => sdk.shutdown().catch(() => undefined) };
}
