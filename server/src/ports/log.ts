/** Structured log, pino's shape. Objects carry ids and codes, never credentials, QR codes or message texts. */
export type Log = {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): Log;
};
