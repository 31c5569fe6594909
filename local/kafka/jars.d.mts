export declare const KAFKA_VERSION: string;
export declare function kafkaJarsDir(home: string): string;
export declare function fetchKafkaJars(options: {
  home: string;
  log?: (line: string) => void;
  signal?: AbortSignal;
}): Promise<string>;
