import { newId } from '@holdfast/messaging';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace';

/**
 * Traces and metrics to an OTLP collector; nothing is sent, and nothing costs, where no endpoint is set (AD-22). Spans
 * are made by hand at the four places that matter (HTTP, event, timer, provider call) and hold ids only: no bodies, no
 * SQL parameters, no headers. Metrics: metrics.ts.
 */
export function startTracing(service: string, endpoint: string | undefined): { stop(): Promise<void> } {
  if (!endpoint) return { stop: async () => undefined };
  const base = endpoint.replace(/\/$/, '');
  const metricReader = new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter({ url: `${base}/v1/metrics`, timeoutMillis: 3_000 }),
    exportIntervalMillis: 30_000,
    exportTimeoutMillis: 10_000,
  });
  const traceExporter = new OTLPTraceExporter({ url: `${base}/v1/traces`, timeoutMillis: 3_000 });
  const sdk = new NodeSDK({
    // Several processes of a service each have figures of their own.
    resource: resourceFromAttributes({
      'service.name': `holdfast-${service}`,
      'service.instance.id': newId(),
    }),
    spanProcessors: [new BatchSpanProcessor({ exporter: traceExporter, scheduledDelayMillis: 500 })],
    // Detectors would tell of the machine, its user and the command line.
    autoDetectResources: false,
    instrumentations: [],
    metricReaders: [metricReader],
    logRecordProcessors: [],
  });
  sdk.start();
  return { stop: () => sdk.shutdown().catch(() => undefined) };
}
