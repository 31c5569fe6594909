import { v7 } from 'uuid';

/** A new id: UUIDv7, so that rows and indexes grow at their end. */
export const newId = (): string => v7();
